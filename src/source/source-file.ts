/** A file or folder that is read as a source; its address after everything was filled in. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string
  /** What the address says after `?`, decoded; each engine refuses what it does not know. */
  readonly options: ReadonlyMap<string, string>
  /** The address for people: as written, `{tenant.X}` filled in. */
  readonly label: string
  /** A folder of ours (0700, may not exist yet) for working files that outlive nothing but a resumed run. */
  readonly privateFolder: string
}
