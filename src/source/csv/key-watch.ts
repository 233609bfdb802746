import { keyText } from '../../cast/key-text.ts'
import { familyOf } from '../../cast/sql-family.ts'
import type { CheckedRecords } from './checked-records.ts'
import type { RecordPlace } from './csv-fault.ts'
import type { DeclaredValues } from './declared-values.ts'
import { KeyProof, type Proof } from './key-proof.ts'
import { ESCAPED } from './record-scanner.ts'
import { unescaped } from './unescape.ts'

export interface WatchedKey {
  /** Columns by their place in the file. */
  readonly columns: readonly number[]
  readonly names: readonly string[]
  readonly isDeclared: boolean
  /** Declared unique and no more: rows with a NULL in it are not compared, as in a database. */
  readonly mayBeNull: boolean
  readonly isWatched: boolean
}

export interface DoubleKey {
  readonly key: WatchedKey
  readonly identity: Buffer
  readonly place: RecordPlace
}

/** Watches whether keys come twice. A key that was only supposed is given up; a declared one that does is handed back. */
export class KeyWatch {
  readonly #declared: DeclaredValues
  readonly #watched: readonly { readonly key: WatchedKey; readonly proof: KeyProof }[]

  constructor(keys: readonly WatchedKey[], declared: DeclaredValues) {
    this.#declared = declared
    this.#watched = keys.map(key => ({ key, proof: new KeyProof() }))
  }

  /** A declared key that came before, maybe. */
  see(records: CheckedRecords): DoubleKey | null {
    for (const watched of this.#watched) {
      const { key, proof } = watched
      if (!key.isWatched || proof.proof !== 'proven') continue
      if ((key.mayBeNull && this.#hasNull(records, key)) || this.#isNew(records, watched)) continue
      if (key.isDeclared && isDouble(proof)) return { key, identity: this.#identity(records, key), place: records.place }
    }
    return null
  }

  #hasNull(records: CheckedRecords, { columns }: WatchedKey): boolean {
    return columns.some(column => this.#declared.isNull(records, column))
  }

  #isNew(records: CheckedRecords, { key, proof }: { readonly key: WatchedKey; readonly proof: KeyProof }): boolean {
    const { scanner } = records
    const [first = 0] = key.columns
    const isPlain = key.columns.length === 1 && scanner.kind[first] !== ESCAPED && this.#declared.typeOf(first) === null
    if (isPlain) return proof.add(scanner.data, scanner.start[first] as number, scanner.end[first] as number)
    const identity = this.#identity(records, key)
    return proof.add(identity, 0, identity.length)
  }

  /** The identity of the first key. */
  identityOf(records: CheckedRecords): Buffer | null {
    const first = this.#watched[0]
    return first === undefined ? null : this.#identity(records, first.key)
  }

  /** Bytes that are equal exactly where keys are, under the equality of their types. */
  #identity(records: CheckedRecords, key: WatchedKey): Buffer {
    const parts = key.columns.map(column => this.#part(records, column))
    const [only] = parts
    if (parts.length === 1 && only !== undefined) return Buffer.from(only)
    return Buffer.concat(parts.flatMap(part => [Buffer.from(`${part.length}:`), part]))
  }

  #part({ scanner }: CheckedRecords, column: number): Buffer {
    const type = this.#declared.typeOf(column)
    const field = this.#declared.field(column)
    if (type !== null && field !== null) {
      const isText = familyOf(type) === 'text'
      return isText ? field : Buffer.from(keyText(type)(field, 0, field.length))
    }
    const bytes = scanner.data.subarray(scanner.start[column], scanner.end[column])
    return scanner.kind[column] === ESCAPED ? unescaped(bytes, this.#declared.quote) : bytes
  }

  /** What is known of each key at the end. */
  proofs(): readonly { readonly columns: readonly string[]; readonly proof: Proof }[] {
    return this.#watched.map(({ key, proof }) => ({ columns: key.names, proof: key.isWatched ? proof.proof : 'unknown' }))
  }
}

function isDouble({ proof }: KeyProof): boolean {
  return proof === 'double'
}
