import { createHash } from 'node:crypto'

/** The namespace of what Rehouse names by itself: version 5 of `urn:rehouse` in RFC 9562’s URL namespace. The same as in `cast/identifiers.ts`. */
const NAMESPACE = '6573dcce-6624-5ad0-ae0e-cfbf2595a2ad'

/** The UUID of a tenant that brings none: version 5 (RFC 9562, 5.5) of its code in Rehouse’s namespace. The same code gives the same UUID everywhere. */
export function tenantId(code: string): string {
  const digest = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(code, 'utf8')
    .digest()
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
