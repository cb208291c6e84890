import { dirname } from 'node:path';
import { commandOf } from './command.ts';
import { inspectContainers, type Starter } from './containers.ts';
import { type Machine, machineAt } from './places.ts';
import type { ProcessFacts } from './processes.ts';
import { HOMES, type NodeUnit, namedIn, nodeUnits, OF_COMPOSE, UNITS } from './unit-files.ts';

/**
 * Programs that start others: cron, at, init, keepalived, monit, supervisord, Pacemaker, runit, and those
 * that restart a unit after they changed its files, or after the network came back.
 */
const PLACES = [
  ...['/etc/crontab', '/etc/anacrontab', '/etc/cron.*/*', '/var/spool/cron/*', '/var/spool/cron/crontabs/*'],
  ...['/var/spool/cron/atjobs/*', '/var/spool/at/*', '/etc/rc.local', '/etc/rc.d/rc.local', '/etc/init.d/*'],
  ...['/etc/keepalived/*', '/etc/monitrc', '/etc/monit/*', '/etc/monit/conf.d/*', '/etc/monit.d/*'],
  ...['/etc/monit/conf-enabled/*', '/etc/supervisord.conf', '/etc/supervisor/*', '/etc/supervisor/conf.d/*'],
  ...['/etc/supervisord.d/*', '/var/lib/pacemaker/cib/*', '/etc/service/*/run', '/etc/sv/*/run'],
  ...['/etc/logrotate.d/*', '/etc/letsencrypt/renewal-hooks/*/*', '/etc/local.d/*', '/etc/udev/rules.d/*'],
  ...['/etc/network/if-*.d/*', '/etc/NetworkManager/dispatcher.d/*', '/etc/networkd-dispatcher/*/*'],
];
const UPGRADES = ['/etc/apt/apt.conf.d/*', '/etc/needrestart/*', '/etc/needrestart/conf.d/*'];
/** A log repeats commands of the past. */
const NO_SCRIPT = /^\/(?:dev|proc|sys|var\/log)\/|\.log$/;
const COMMENT = /^\s*(?:#|!|;|\/\/|Description=)/;
const START = /\b(?:re)?start\b|\benable\b.*\s--now\b|\s--now\b.*\benable\b/;
/** Between two commands of one line: a secret of another command is no evidence. */
const COMMANDS = /&&|\|\||;/;
const SECRET =
  /((?:--(?:password|node-key|suri)|\w*(?:PASSW|SECRET|TOKEN|SEED|MNEMONIC)\w*)["']?[=:\s]+)(?:"[^"]*"|'[^']*'|\S+)/gi;

/** Reads what starts a validator. `unit` is the one of the node; `found` is null if a person named it. */
export async function inspectStarters(
  machine: Machine,
  { unit, found }: { readonly unit: string | null; readonly found: object | null },
  processes: ProcessFacts | null,
) {
  // Most of these are programs, so that what is not understood says nothing.
  const beside = machineAt(machine.root);
  // A notify script of keepalived, for example, starts the unit in its place, or runs one that does.
  const withScripts = async (places: readonly string[]) => {
    const files = [...(await machine.files(places))];
    for (let [depth, from] = [0, 0]; depth < 2; depth++) {
      const texts = files.slice(from).filter(({ text }) => !text.includes('\0'));
      const all = texts.flatMap(({ path, text }) => namedIn(text, [dirname(path), ...HOMES]));
      const named = all.filter((path) => !NO_SCRIPT.test(path));
      from = files.length;
      files.push(...(await beside.files(named.filter((path) => files.every((each) => each.path !== path)))));
    }
    return files;
  };
  const linesIn = async (places: readonly string[], isStart: (line: string) => boolean) =>
    (await withScripts(places)).flatMap(({ path, text }) => {
      const { signs, guarded } = commandOf(text);
      if (OF_COMPOSE.test(path) && guarded) return [];
      if (OF_COMPOSE.test(path) && signs === null)
        machine.unknown.push(`${path}: a command is in a variable`);
      return text.split('\n').flatMap((line, at): readonly Starter[] => {
        const place = `${path}:${at + 1}`;
        if (COMMENT.test(line) || !isStart(line)) return [];
        const how = (line.split(COMMANDS).find(isStart) ?? line).trim();
        return [{ engine: null, name: unit ?? place, place, how: how.replace(SECRET, '$1…') }];
      });
    });
  const { started, signers } = await inspectContainers(machine, processes);
  const units = await nodeUnits(machine);
  const name = unit?.replace(/(?<!\.service)$/, '.service');
  const ofMachine = units.filter((each) => !each.ofUser && each.unit !== name);
  const others = ofMachine.filter(isStarted);
  // With a place that a person named, the doctor looks at its unit alone.
  const signing = found === null ? [] : ofMachine.filter(({ signs, guarded }) => signs === true && !guarded);
  const isNamed = starts([unit ?? [], signing.map((each) => each.unit)].flat(), signers);
  // Without a place, the doctor has looked at the others, or names them as further nodes.
  if (unit !== null && found === null)
    machine.unknown.push(...others.map((each) => `${each.place} runs a node too: give --unit ${each.unit}`));
  const starters = [
    ...(await linesIn(PLACES, (line) => isNamed(line) || isNode(line))),
    // A unit that starts others, as one for a failover does. One that runs a node is one to look at.
    ...(await linesIn(UNITS, isNamed)),
    ...units.flatMap((each) => userStart(each)),
    ...started,
  ];
  const upgrade = unit === null ? null : await upgradeOf(machine, unit);
  const unknown = [...machine.unknown, ...beside.unknown.filter((each) => each.endsWith(' files'))];
  /** `upgrade`: the settings by which an automatic upgrade restarts the unit; null if there are none. */
  const closed = [...new Set([...machine.closed, ...beside.closed])];
  return { starters, upgrade, closed, unknown };
}

export type StarterFacts = Awaited<ReturnType<typeof inspectStarters>>;

/** A unit of a user starts with the session of the user, or at boot if the user lingers. */
function userStart(each: NodeUnit): readonly Starter[] {
  const { ofUser, unit, place, enabled, restart } = each;
  if (!ofUser || !isStarted(each)) return [];
  const how = `a unit of a user${enabled ? ', enabled' : ''}, Restart=${restart || 'no'}`;
  return [{ engine: null, name: unit, place, how }];
}

/** It starts a signer without a guard, by itself or again. */
const isStarted = ({ signs, guarded, enabled, restart }: NodeUnit): boolean =>
  signs === true && !guarded && (enabled || !['', 'no'].includes(restart));

/** `systemctl start NAME`, `service NAME restart`, a resource of Pacemaker, or `docker start NAME`. */
function starts(units: readonly string[], containers: readonly string[]): (line: string) => boolean {
  const oneOf = (names: readonly string[]): string =>
    names.length === 0 ? '$.' : `(?:${names.map((name) => name.replace(/[.\\]/g, '\\$&')).join('|')})`;
  const word = oneOf(units.map((unit) => unit.replace(/\.service$/, '')));
  const named = new RegExp(`(?:^|[\\s"'/=])${word}(?:\\.service)?(?:$|[\\s"';&|)])`);
  const resource = new RegExp(`class="systemd".* type="${word}"`);
  const box = new RegExp(`\\b(?:docker|podman)\\b.*[\\s"']${oneOf(containers)}(?:$|[\\s"';&|)])`);
  return (line) => ((named.test(line) || box.test(line)) && START.test(line)) || resource.test(line);
}

/** The command of a node itself. */
function isNode(line: string): boolean {
  const { signs, guarded } = commandOf(line);
  return signs === true && !guarded;
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
