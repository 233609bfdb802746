/** Numbers for people. */

/** Narrow no-break space: groups digits without breaking the line, as SI writes them. */
const GROUP = '\u202f'

/** `1 234 567` */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, GROUP)
}

/** `1 row`, `2 rows` */
export function formatCounted(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`
}

/** Three digits that count: 0.42, 4.2, 42, 4 200. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 100) return formatCount(Number(perSecond.toPrecision(3)))
  if (perSecond >= 10) return perSecond.toFixed(0)
  return perSecond.toFixed(1)
}

/** `0.42 s`, `4.2 s`, `42 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h` */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return pair([Math.floor(whole / 60), 'min'], [whole % 60, 's'])
  const minutes = Math.round(whole / 60)
  if (minutes < 1440) return pair([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min'])
  const hours = Math.round(minutes / 60)
  return pair([Math.floor(hours / 24), 'd'], [hours % 24, 'h'])
}

function pair(major: readonly [number, string], minor: readonly [number, string]): string {
  return minor[0] === 0 ? major.join(' ') : `${major.join(' ')} ${minor.join(' ')}`
}

/** A guess about the time left, no more exact than a guess can be: to 5 s, to 10 s, to the minute, to 5 minutes. */
export function formatAbout(seconds: number): string {
  const steps: readonly (readonly [number, number])[] = [
    [60, 5],
    [300, 10],
    [3600, 60],
    [Infinity, 300],
  ]
  const step = steps.find(([below]) => seconds < below)?.[1] ?? 300
  return `about ${formatSeconds(Math.max(step, Math.round(seconds / step) * step))}`
}
