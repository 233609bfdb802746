import { Argument, Command, CommanderError, Option } from 'commander'
import { RehouseError } from '../errors.ts'
import type { Command as Declared, ExitDoc, Flag, NotBuilt } from './command-shape.ts'
import { COMMANDS, EXIT_STATUSES, GROUPS, NOT_BUILT } from './command-table.ts'
import { PARSERS } from './flag-values.ts'
import { Flags } from './flags.ts'

/** What the words of a command line ask for. */
export type CommandLine =
  | { readonly kind: 'run'; readonly command: string; readonly args: readonly string[]; readonly flags: Flags }
  /** Help or version: to be printed on stdout, exit status 0. */
  | { readonly kind: 'shown'; readonly text: string }

export interface ParseOptions {
  readonly version: string
  /** Columns help is wrapped to. */
  readonly width: number
}

const DESCRIPTION = 'Moves many legacy databases into one multi-tenant PostgreSQL, and proves that nothing was lost.'

/** Reads the words after the program's name. Throws USAGE; prints nothing. */
export function parseCommandLine(words: readonly string[], options: ParseOptions): CommandLine {
  let shown = ''
  let parsed: CommandLine | null = null
  const program = buildProgram(options, {
    show: text => {
      shown += text
    },
    chosen: line => {
      parsed = line
    },
  })
  try {
    program.parse(words, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return ended(error, shown)
    throw error
  }
  return parsed ?? { kind: 'shown', text: shown }
}

function ended(error: CommanderError, shown: string): CommandLine {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return { kind: 'shown', text: shown }
  if (error.code === 'commander.help')
    throw new RehouseError('USAGE', 'expected a command, got none', { next: 'Run `rehouse --help` for the commands.' })
  // commander puts its suggestion, if it has one, on a second line.
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const help = 'Run it with --help for what there is.'
  throw new RehouseError('USAGE', message, { next: suggestion === undefined ? help : `${suggestion.replace(/^\((.*)\)$/, '$1')} ${help}` })
}

interface Hooks {
  readonly show: (text: string) => void
  readonly chosen: (line: CommandLine) => void
}

/** The commander program made from the command table. Exported for docs/cli.md alone. */
export function buildProgram(options: ParseOptions, hooks: Hooks): Command {
  const program = new Command('rehouse').description(DESCRIPTION).version(options.version, '-V, --version', 'Print the version')
  program.helpOption('-h, --help', 'Print this help').helpCommand(false)
  program.addHelpText('after', ['', ...exitLines(EXIT_STATUSES), 'Of several, the first in this list.'].join('\n'))
  prepare(program, options, hooks)
  const parents = new Map<string, Command>()
  const parentOf = (name: string): Command => {
    const group = GROUPS.find(known => known.name === name)
    const known =
      parents.get(name) ??
      prepare(program.command(name), options, hooks)
        .description(group?.doc ?? '')
        .helpCommand(false)
    parents.set(name, known)
    return known
  }
  const place = (name: string): Command => {
    const [first = '', second] = name.split(' ')
    const parent = second === undefined ? program : parentOf(first)
    return prepare(parent.command(second ?? first), options, hooks)
  }
  for (const declared of COMMANDS) addCommand(place(declared.name), declared, hooks)
  for (const declared of NOT_BUILT) addNotBuilt(place(declared.name), declared)
  return program
}

function prepare(command: Command, options: ParseOptions, hooks: Hooks): Command {
  return command.exitOverride().configureOutput({
    writeOut: hooks.show,
    writeErr: () => {},
    outputError: () => {},
    getOutHelpWidth: () => options.width,
    getErrHelpWidth: () => options.width,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  })
}

function addCommand(command: Command, declared: Declared, hooks: Hooks): void {
  command.description(declared.more === undefined ? declared.doc : `${declared.doc}\n\n${declared.more}`).summary(declared.doc)
  for (const argument of declared.arguments ?? []) {
    const name = argument.isMany ? `${argument.name}...` : argument.name
    command.addArgument(new Argument(argument.isRequired ? `<${name}>` : `[${name}]`, argument.doc))
  }
  const options = declared.flags.map(flag => ({ flag, option: makeOption(flag) }))
  for (const { option } of options) command.addOption(option)
  command.addHelpText('after', helpAfter(declared))
  command.action(() => {
    const values: Record<string, unknown> = command.opts()
    const given = options.map(({ flag, option }) => [flag.name, values[option.attributeName()]] as const)
    hooks.chosen({ kind: 'run', command: declared.name, args: command.args, flags: new Flags(new Map(given)) })
  })
}

function makeOption(flag: Flag): Option {
  const option = new Option(flagTerm(flag), flag.doc)
  if (flag.choices !== undefined) option.choices(flag.choices)
  const parse = PARSERS[flag.type]
  if (parse !== undefined) option.argParser(parse)
  if (flag.default !== undefined) option.default(parse === undefined ? flag.default : parse(flag.default, undefined), flag.default)
  return option
}

/** `-m, --manifest <FILE>` */
export function flagTerm(flag: Flag): string {
  const name = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`
  switch (flag.type) {
    case 'switch':
      return name
    case 'optional text':
      return `${name} [${flag.value}]`
    case 'list':
      return `${name} <${flag.value}...>`
    default:
      return `${name} <${flag.value}>`
  }
}

function helpAfter(declared: Declared): string {
  const examples = declared.examples === undefined ? [] : ['', 'Examples:', ...declared.examples.map(line => `  ${line}`)]
  return ['', ...exitLines(declared.exits), 'Any other: see rehouse --help.', ...examples].join('\n')
}

function exitLines(exits: readonly ExitDoc[]): readonly string[] {
  return ['Exit status:', ...exits.map(({ status, when }) => `  ${String(status).padEnd(3)}  ${when}`)]
}

function addNotBuilt(command: Command, declared: NotBuilt): void {
  command.description(`${declared.doc} (not supported yet)`).argument('[words...]').allowUnknownOption().helpGroup('Not supported yet:')
  command.action(() => {
    throw notSupported(`rehouse ${declared.name}`)
  })
}

function notSupported(what: string): RehouseError {
  return new RehouseError('USAGE', `${what} is not supported yet`, { next: 'Run `rehouse --help` for what is.' })
}
