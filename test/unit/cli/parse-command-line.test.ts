import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS, GROUPS, NOT_BUILT } from '../../../src/cli/command-table.ts'
import { Flags } from '../../../src/cli/flags.ts'
import { loadCommand } from '../../../src/cli/load-command.ts'
import { parseCommandLine } from '../../../src/cli/parse-command-line.ts'
import { RehouseError } from '../../../src/errors.ts'

const OPTIONS = { version: '1.2.3', width: 100 }

function parse(...words: readonly string[]) {
  const line = parseCommandLine(words, OPTIONS)
  if (line.kind !== 'run') throw new Error('expected a command to run')
  return line
}

function refusal(...words: readonly string[]): RehouseError {
  try {
    parseCommandLine(words, OPTIONS)
  } catch (error) {
    if (error instanceof RehouseError) return error
    throw error
  }
  throw new Error(`expected ${words.join(' ')} to be refused`)
}

test('every command of the contract exists, built or not', () => {
  const names = [...COMMANDS, ...NOT_BUILT].map(command => command.name.split(' ')[0])
  const contract =
    'init check plan migrate status lookup quarantine verify rollback checkpoint backup report audit profile identity worker pause resume set schema embedded'
  // Of the mapping language, beside the contract.
  const language = ['types']
  assert.deepEqual([...new Set(names)].toSorted(), [...contract.split(' '), ...language].toSorted())
  assert.deepEqual(
    COMMANDS.flatMap(({ name }) =>
      name
        .split(' ')
        .slice(1)
        .map(() => name.split(' ')[0]),
    ).filter(name => !GROUPS.some(group => group.name === name)),
    [],
  )
})

test('every command in the table has its file', async () => {
  for (const { name } of COMMANDS) assert.equal(typeof (await loadCommand(name)), 'function', name)
})

test('the flags of migrate are those of the contract', () => {
  const { command, flags } = parse(
    ...'migrate -m a.yaml --dry-run --create-target --tenant a --tenant b --entity e --phase p --resume --wait --batch-rows 50_000 --until 06:30 --audit x --set k=v=w --set l='.split(
      ' ',
    ),
  )
  assert.equal(command, 'migrate')
  assert.equal(flags.text('manifest'), 'a.yaml')
  assert.ok(flags.isOn('dry-run') && flags.isOn('create-target') && flags.isOn('wait') && !flags.isOn('json'))
  assert.deepEqual(flags.list('tenant'), ['a', 'b'])
  assert.equal(flags.optionalText('resume'), true)
  assert.equal(flags.count('batch-rows'), 50_000)
  assert.equal(flags.text('until'), '06:30')
  assert.deepEqual(flags.list('set'), ['k=v=w', 'l='])
  assert.equal(parse('migrate', '--resume', '7').flags.optionalText('resume'), '7')
  assert.equal(parse('migrate').flags.optionalText('resume'), undefined)
  assert.equal(parse('migrate').flags.text('manifest'), 'rehouse.yaml')
})

test('keys may be negative, and may begin with a dash after an equals sign', () => {
  const { args, flags } = parse('lookup', 'student', '--tenant', 'a', '--legacy', '-5', '--legacy=-x', '--legacy', '7', '8')
  assert.deepEqual(args, ['student'])
  assert.deepEqual(flags.list('legacy'), ['-5', '-x', '7', '8'])
})

test('what cannot be understood is refused as USAGE with the nearest known word', () => {
  assert.deepEqual([refusal('chek').code, refusal('chek').message], ['USAGE', "unknown command 'chek'"])
  assert.match(refusal('chek').next, /Did you mean check\?/)
  assert.match(refusal('quarantine', 'lst').next, /Did you mean list\?/)
  assert.match(refusal('migrate', '--dry-rn').next, /Did you mean --dry-run\?/)
  assert.equal(refusal('lookup').code, 'USAGE')
  assert.equal(refusal('check', 'extra').code, 'USAGE')
  assert.equal(refusal('migrate', '--tenant').code, 'USAGE')
  assert.equal(refusal('quarantine', 'export', '--format', 'xml').code, 'USAGE')
  assert.equal(refusal().message, 'expected a command, got none')
  assert.equal(refusal('quarantine').code, 'USAGE')
})

test('values are checked where they are read', () => {
  for (const bad of ['0', '-1', '1.5', 'x', '', '99999999999999999999'])
    assert.equal(refusal('migrate', `--batch-rows=${bad}`).code, 'USAGE', bad)
  for (const bad of ['24:00', '6:30', '06:60', 'noon']) assert.equal(refusal('migrate', '--until', bad).code, 'USAGE', bad)
  for (const bad of ['x', '=x']) assert.equal(refusal('migrate', '--set', bad).code, 'USAGE', bad)
  assert.equal(refusal('check', '-m', '').code, 'USAGE')
  assert.equal(parse('quarantine', 'list', '--limit', 'all').flags.countOrAll('limit'), null)
  assert.equal(parse('quarantine', 'show').flags.countOrAll('limit'), 20)
})

test('what is not built yet answers in one sentence, whatever follows it', () => {
  for (const { name } of NOT_BUILT) {
    const error = refusal(...name.split(' '), 'word', '--flag', '--out', 'x')
    assert.deepEqual([error.code, error.message], ['USAGE', `rehouse ${name} is not supported yet`])
  }
})

test('help names every command and every flag', () => {
  const help = (...words: readonly string[]) => {
    const line = parseCommandLine([...words, '--help'], OPTIONS)
    return line.kind === 'shown' ? line.text : ''
  }
  for (const { name } of [...COMMANDS, ...NOT_BUILT]) assert.match(help(), new RegExp(`^  ${name.split(' ')[0]}\\b`, 'm'))
  for (const { name, flags, exits } of COMMANDS) {
    for (const flag of flags) assert.ok(help(...name.split(' ')).includes(`--${flag.name}`), `${name} --${flag.name}`)
    for (const { status } of exits) assert.match(help(...name.split(' ')), new RegExp(`^  ${status} `, 'm'))
  }
})

test('the version is shown', () => {
  assert.deepEqual(parseCommandLine(['--version'], OPTIONS), { kind: 'shown', text: '1.2.3\n' })
})

test('asking for a flag with another type than it has is a bug', () => {
  assert.throws(() => new Flags(new Map([['a', 1]])).text('a'), { code: 'BUG' })
  assert.throws(() => new Flags(new Map([['a', 'x']])).count('a'), { code: 'BUG' })
})
