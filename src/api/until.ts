import { RehouseError } from '../errors.ts'

/** A signal that also fires at HH:MM, local time of this machine, today or (if that has passed) tomorrow. Throws USAGE for another form. */
export function untilSignal(until: string | null, signal: AbortSignal | undefined): AbortSignal {
  const own = signal ?? new AbortController().signal
  if (until === null) return own
  const waitMs = untilMs(until, new Date())
  return AbortSignal.any([own, AbortSignal.timeout(waitMs)])
}

export function untilMs(until: string, now: Date): number {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(until)
  if (match === null)
    throw new RehouseError('USAGE', `expected a time of day as HH:MM, got ${until}`, { next: 'Write for example `--until 06:30`.' })
  const at = new Date(now)
  at.setHours(Number(match[1]), Number(match[2]), 0, 0)
  if (at <= now) at.setDate(at.getDate() + 1)
  return at.getTime() - now.getTime()
}
