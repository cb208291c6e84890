import type { ProcessFacts, Starter, StarterFacts } from '../doctor/facts.ts';
import { commandOf } from './command.ts';
import { inspectContainers } from './containers.ts';
import { type Machine, machineAt } from './places.ts';
import { type NodeUnit, nodeUnits } from './unit-files.ts';

/** Programs that start others: cron, at, init, keepalived, monit, supervisord, Pacemaker, runit. */
const PLACES = [
  ...['/etc/crontab', '/etc/anacrontab', '/etc/cron.*/*', '/var/spool/cron/*', '/var/spool/cron/crontabs/*'],
  ...['/var/spool/cron/atjobs/*', '/var/spool/at/*', '/etc/rc.local', '/etc/rc.d/rc.local', '/etc/init.d/*'],
  ...['/etc/keepalived/*', '/etc/monitrc', '/etc/monit/*', '/etc/monit/conf.d/*', '/etc/monit.d/*'],
  ...['/etc/monit/conf-enabled/*', '/etc/supervisord.conf', '/etc/supervisor/*', '/etc/supervisor/conf.d/*'],
  ...['/etc/supervisord.d/*', '/var/lib/pacemaker/cib/*', '/etc/service/*/run', '/etc/sv/*/run'],
];
const UPGRADES = ['/etc/apt/apt.conf.d/*', '/etc/needrestart/*', '/etc/needrestart/conf.d/*'];
const SCRIPT = /\/(?:[\w.-]+\/)*[\w.-]+/g;
const COMMENT = /^\s*(?:#|!|;|\/\/)/;

/** Reads what starts a validator; `unit` is the one of the node. */
export async function inspectStarters(
  root: string,
  unit: string | null,
  processes: ProcessFacts | null,
): Promise<StarterFacts> {
  const machine = machineAt(root);
  const configured = await machine.files(PLACES);
  // A notify script of keepalived, for example, starts the unit in its place.
  const named = configured.flatMap(({ text }) => text.match(SCRIPT) ?? []);
  const known = configured.map(({ path }) => path);
  // Most of these are programs, so that what is not understood says nothing.
  const beside = machineAt(root);
  const scripts = await beside.files(named.filter((path) => !known.includes(path)));
  const ofUsers = (await nodeUnits(machine)).flatMap((each) => userStart(each));
  const isStart = starts(unit?.replace(/\.service$/, '') ?? null);
  const starters = [...configured, ...scripts].flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, at): readonly Starter[] => {
      const place = `${path}:${at + 1}`;
      return isStart(line) ? [{ engine: null, name: unit ?? place, place, how: shown(line) }] : [];
    }),
  );
  const containers = await inspectContainers(machine, processes);
  const upgrade = unit === null ? null : await upgradeOf(machine, unit);
  const closed = [...machine.closed, ...beside.closed];
  return { starters: [...starters, ...ofUsers, ...containers], upgrade, closed, unknown: machine.unknown };
}

/** A unit of a user starts with the session of the user, or at boot if the user lingers. */
function userStart({ ofUser, unit, place, signs, guarded, enabled, restart }: NodeUnit): readonly Starter[] {
  const isStarted = enabled || !['', 'no'].includes(restart);
  if (!ofUser || signs !== true || guarded || !isStarted) return [];
  const how = `a unit of a user${enabled ? ', enabled' : ''}, Restart=${restart || 'no'}`;
  return [{ engine: null, name: unit, place, how }];
}

/** A line without the value of a password. */
function shown(line: string): string {
  return line.trim().replace(/(--password[=\s]+)\S+/g, '$1…');
}

/** `systemctl start NAME`, `service NAME restart`, a resource of Pacemaker, or a node's own command. */
function starts(name: string | null): (line: string) => boolean {
  const word = name?.replace(/[.\\]/g, '\\$&') ?? '$.';
  const named = new RegExp(`(?:^|[\\s"'/=])${word}(?:\\.service)?(?:$|[\\s"';&|)])`);
  const resource = new RegExp(`class="systemd".* type="${word}"`);
  const isNode = (line: string): boolean => {
    const { signs, guarded } = commandOf(line);
    return signs === true && !guarded;
  };
  return (line) =>
    !COMMENT.test(line) &&
    ((named.test(line) && /\b(?:re)?start\b/.test(line)) || resource.test(line) || isNode(line));
}

/** Where needrestart may restart a unit: upgrades without a person restart what they touched. */
async function upgradeOf(machine: Machine, unit: string): Promise<string | null> {
  const files = await machine.files(UPGRADES);
  const settings = files.map(({ path, text }) => ({ path, text: text.replace(/^\s*(?:#|\/\/).*$/gm, '') }));
  const unattended = settings.find(({ text }) => /Unattended-Upgrade\s+"[1-9]/.test(text));
  const restarts = settings.filter(({ path }) => path.startsWith('/etc/needrestart/'));
  const isExempt = restarts.some(({ text }) => text.includes(unit.replace(/\.service$/, '')));
  const [first] = restarts;
  return unattended === undefined || first === undefined || isExempt
    ? null
    : `${unattended.path}, ${first.path}`;
}
