import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figuresOf, median, type Round } from '../../../bench/figures.ts'

const round = (seconds: number, floorSeconds: number, pgloaderSeconds: number | null): Round => ({
  rehouse: { seconds, processSeconds: seconds + 1, cpuSeconds: seconds / 2, peakMiB: 100 + seconds },
  floorSeconds,
  pgloaderSeconds,
})

test('ratios are taken within a round, and the figure is the median of the rounds', () => {
  const figures = figuresOf(1_000_000, [round(10, 6, 22), round(20, 10, 42), round(5, 4, 6)])
  assert.equal(figures.ofFloor, 0.6)
  assert.equal(figures.vsPgloader, 2)
  assert.equal(figures.rowsPerSecond, 100_000)
  assert.equal(figures.cpuSecondsPerMillionRows, 5)
  assert.equal(figures.peakMiB, 120)
})

test('without pgloader its ratio is null, not a number', () => {
  assert.equal(figuresOf(10, [round(1, 1, null)]).vsPgloader, null)
  assert.equal(figuresOf(10, [round(1, 1, null)]).pgloaderSeconds, null)
})

test('the median of an even number of values is the lower of the two in the middle', () => {
  assert.equal(median([4, 1, 3, 2]), 2)
})
