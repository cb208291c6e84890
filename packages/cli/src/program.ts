import { Command } from 'commander';
import { addAdopt } from './commands/adopt/command.ts';
import { addClaim } from './commands/claim/command.ts';
import { addConfig } from './commands/config/command.ts';
import { addCoordinate } from './commands/coordinate/command.ts';
import { addFleet } from './commands/fleet/command.ts';
import { addInit } from './commands/init/command.ts';
import { addNominate } from './commands/nominate/command.ts';
import { addObserve } from './commands/observe/command.ts';
import { addPolicy } from './commands/policy/command.ts';
import { addServe } from './commands/serve/command.ts';
import { addService } from './commands/service/command.ts';
import { addStatus } from './commands/status/command.ts';
import { addToken } from './commands/token/command.ts';
import { type Context, withExamples } from './context.ts';
import { demoCommand } from './demo/command.ts';
import { packageVersion } from './version.ts';

/** The whole command tree. Nothing runs until it parses a command line. */
export function buildProgram(context: Context): Command {
  const program = new Command('watchbill')
    .description(
      'Several machines hold one validator identity; for every slot and vote at most one ever signs.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showSuggestionAfterError(true);
  withExamples(program, [
    'watchbill init',
    'watchbill serve',
    'watchbill status',
    'watchbill policy apply --help',
  ]);
  for (const add of COMMANDS) add(program, context);
  program.addCommand(demoCommand(context.io));
  govern(program, context);
  return program;
}

const COMMANDS = [
  addInit,
  addServe,
  addClaim,
  addObserve,
  addStatus,
  addPolicy,
  addAdopt,
  addService,
  addToken,
  addConfig,
  addCoordinate,
  addNominate,
  addFleet,
];

/** Errors are thrown, never printed by the parser; text goes through the given outputs. */
function govern(command: Command, context: Context): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => context.io.out(text),
    writeErr: (text) => context.io.err(text),
    outputError: () => undefined,
  });
  for (const child of command.commands) govern(child, context);
}
