import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { withFolderLock } from '../../src/embedded/folder-lock.ts'

const folder = (title: string): string => `/lock-test/${process.pid}/${title}`

test('one holder at a time', async () => {
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside)
    await sleep(20)
    inside--
  }
  await Promise.all(Array.from({ length: 5 }, () => withFolderLock(folder('one'), work)))
  assert.equal(most, 1)
})

test('folders do not hold up each other', async () => {
  await withFolderLock(folder('a'), () => withFolderLock(folder('b'), async () => undefined))
})

test('the lock is free again after work that failed, and after its holder was killed', async () => {
  await assert.rejects(
    withFolderLock(folder('killed'), async () => {
      throw new Error('failed')
    }),
    /failed/,
  )
  const file = fileURLToPath(new URL('../../src/embedded/folder-lock.ts', import.meta.url))
  const code = `import { withFolderLock } from ${JSON.stringify(file)}
    await withFolderLock(${JSON.stringify(folder('killed'))}, () => { console.log('held'); return new Promise(resolve => setTimeout(resolve, 60000)) })`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(holder.stdout, 'data')
  await assert.rejects(
    withFolderLock(folder('killed'), async () => undefined, 50),
    { code: 'EMBEDDED_FAILED' },
  )
  holder.kill('SIGKILL')
  await withFolderLock(folder('killed'), async () => undefined, 5000)
})
