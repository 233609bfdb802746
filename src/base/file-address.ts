/** `bacpac:PATH?name=value&…`: a path, `%XX` decoded, and options. */
export interface FileAddress {
  readonly scheme: string
  /** As written, decoded; relative to the manifest, or absolute. */
  readonly path: string
  readonly options: ReadonlyMap<string, string>
}

/** Takes the address of a file apart. Throws RangeError saying what was expected. */
export function fileAddress(text: string): FileAddress {
  const colon = text.indexOf(':')
  const scheme = text.slice(0, colon).toLowerCase()
  const [path = '', ...rest] = text.slice(colon + 1).split('?')
  const options = new Map<string, string>()
  for (const part of rest.join('?').split('&')) {
    if (part === '') continue
    const at = part.indexOf('=')
    if (at < 1)
      throw new RangeError(`expected options as name=value after ? in the address of a file, got one without ${at < 0 ? '=' : 'a name'}`)
    const name = decoded(part.slice(0, at))
    if (options.has(name)) throw new RangeError(`expected each option once in the address of a file, got ${name} again`)
    options.set(name, decoded(part.slice(at + 1)))
  }
  const whole = decoded(path)
  if (whole === '') throw new RangeError(`expected a path after ${scheme}:, got nothing`)
  if (whole.includes('\0')) throw new RangeError('expected a path without NUL characters, got one with')
  return { scheme, path: whole, options }
}

/** What a column of a tenant may put into a path: it must not lead out of the folder the manifest names. */
export function staysInside(value: string): boolean {
  const parts = value.split(/[/\\]/)
  return !parts.includes('..') && parts[0] !== '' && !/^[a-z]:/i.test(value)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError)
      throw new RangeError(
        'expected %XX to stand for bytes of UTF-8 in the address of a file, got another %; write %25 for the character itself',
      )
    throw error
  }
}
