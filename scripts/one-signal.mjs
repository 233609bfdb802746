// One Ctrl-C is one signal. A terminal sends it to every process of the command, and npm and with-setup.mjs each pass it on: what arrives within this time counts once.
const WITHIN_MS = 500
const SIGNALS = new Set(['SIGINT', 'SIGTERM', 'SIGHUP'])
const last = new Map()
const { emit } = process

process.emit = function emitOnce(name, ...rest) {
  if (SIGNALS.has(name)) {
    const now = performance.now()
    const isRepeated = now - (last.get(name) ?? Number.NEGATIVE_INFINITY) < WITHIN_MS
    if (isRepeated) return true
    last.set(name, now)
  }
  return emit.call(this, name, ...rest)
}
