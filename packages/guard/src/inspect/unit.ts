import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { shellWord } from '@watchbill/kit/ssh';
import { assignmentsOf, commandOf, type Variables, variablesOf } from './command.ts';
import { seen, unread, type ValueOf } from './look.ts';
import { machineAt } from './places.ts';
import { runOn, type SshOptions } from './remote.ts';
import { scriptsOf } from './unit-files.ts';

// Older versions of systemd leave out those that they do not know.
const STARTERS = [
  ...['TriggeredBy', 'UpheldBy', 'OnFailureOf', 'OnSuccessOf', 'WantedBy', 'RequiredBy', 'BoundBy'],
];
const PROPERTIES = [
  ...['LoadState', 'ActiveState', 'UnitFileState', 'Restart', 'RestartUSec', 'WatchdogUSec', 'ExecStart'],
  ...['WorkingDirectory', 'Environment', 'EnvironmentFiles', ...STARTERS],
];
const SHOWN = `--property=${PROPERTIES.join()}`;
const TIMEOUT_MS = 3_000;

/** Reads a unit with `systemctl show`, and its files of variables below `root`. `env` holds the PATH. */
export async function inspectUnit(
  name: string,
  { env, root }: { readonly env: Readonly<Record<string, string | undefined>>; readonly root: string },
) {
  const args = ['show', SHOWN, '--', name];
  try {
    const { stdout } = await promisify(execFile)('systemctl', args, { env, timeout: TIMEOUT_MS });
    const machine = machineAt(root);
    const files = [...stdout.matchAll(/^EnvironmentFiles=(\S+)/gm)].map(([, path = '']) => path);
    const read = (await machine.files(files)).flatMap(({ text }) => [...variablesOf(text)]);
    const [start = '', folder = ''] = [/^ExecStart=(.*)$/m, /^WorkingDirectory=(.*)$/m].map(
      (line) => line.exec(stdout)?.[1],
    );
    const scripts = await scriptsOf(machine, start, folder);
    return unitFacts(name, stdout, new Map([...variablesOf(scripts), ...read]), scripts);
  } catch (error) {
    const { code, stderr } = error as { readonly code?: unknown; readonly stderr?: unknown };
    const said = typeof stderr === 'string' ? (stderr.trim().split('\n')[0] ?? '') : '';
    if (code === 'ENOENT') return unread('systemctl is not on this machine');
    return unread(`systemctl cannot show ${name}${said === '' ? '' : `: ${said}`}`);
  }
}

export async function inspectOtherUnit(
  { host, name }: { readonly host: string; readonly name: string },
  options: SshOptions,
) {
  const script = `export LC_ALL=C\nsystemctl show ${SHOWN} -- ${shellWord(name)}\n`;
  const answer = await runOn(host, script, options);
  if (!answer.looked) return answer;
  const unit = unitFacts(name, answer.value);
  return unit.looked ? seen({ ...unit.value, host }) : unread(`${host}: ${unit.why}`);
}

export type UnitFacts = ValueOf<typeof inspectUnit>;

/** Reads the lines `Name=value` of `systemctl show`, with the variables of its files and its scripts. */
export function unitFacts(name: string, text: string, variables: Variables = new Map(), scripts = '') {
  const values = new Map(
    text.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  const value = (property: string): string => values.get(property) ?? '';
  if (value('LoadState') !== 'loaded')
    return unread(`systemd has no unit ${name}: ${value('LoadState') || 'no answer'}`);
  const [restartMs, watchdogMs] = [spanMs(value('RestartUSec')), spanMs(value('WatchdogUSec'))];
  if (restartMs === undefined || watchdogMs === undefined)
    return unread(`systemctl shows a time of ${name} that cannot be read`);
  const file = value('UnitFileState');
  const starters = [...new Set(STARTERS.flatMap((each) => value(each).split(' ')))];
  const isTarget = (each: string): boolean => each.endsWith('.target');
  return seen({
    ...{ name, restart: value('Restart') },
    /** `active`, `inactive`, `failed`, `activating`. */
    state: value('ActiveState'),
    /** `enabled`, `disabled`, `static`, `generated`. */
    file,
    // The unit of a quadlet, or of an init script, is `generated`.
    atBoot: file.startsWith('enabled') || starters.some(isTarget),
    /** Null if it never restarts, or has no watchdog. */
    ...{ restartMs, watchdogMs: watchdogMs === 0 ? null : watchdogMs },
    ...commandOf(
      value('ExecStart') + scripts,
      new Map([...assignmentsOf(value('Environment')), ...variables]),
    ),
    /** Units that start it: timers, paths, services that want it. Targets are not among them. */
    startedBy: starters.filter((each) => each !== '' && !isTarget(each)),
  });
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ...{ us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 },
};

/** A time as systemd prints it: `1min 30s`, `100ms`, `0`. Null for `infinity`, undefined if unreadable. */
function spanMs(text: string): number | null | undefined {
  if (text === 'infinity') return null;
  if (text === '0') return 0;
  let sum = 0;
  for (const part of text.split(' ')) {
    const { count, unit } = /^(?<count>\d+(\.\d+)?)(?<unit>[a-z]+)$/.exec(part)?.groups ?? {};
    const size = unit === undefined ? undefined : UNIT_MS[unit];
    if (size === undefined) return undefined;
    sum += Number(count) * size;
  }
  return sum;
}
