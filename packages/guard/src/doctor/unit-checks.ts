import { counted } from '@watchbill/kit';
import { shellWord } from '@watchbill/kit/ssh';
import { EXEMPT, type Starter } from '../inspect/containers.ts';
import { ofThisMachine } from '../inspect/keystore.ts';
import { known, notAsked } from '../inspect/look.ts';
import type { StarterFacts } from '../inspect/starters.ts';
import type { UnitFacts } from '../inspect/unit.ts';
import { type Answer, checksOf, commandAt, fault, on } from './finding.ts';
import { unreadOf } from './keystore-checks.ts';

const [check, others] = [checksOf('unit'), checksOf('others')];
/** A round takes about two slots: a block, then the two phases of votes. */
const SLOTS_OF_ROUND = 2;
/** Polkadot, if the slot of the chain was not read. */
const USUAL_SLOT_MS = 6_000;

export const UNIT_CHECKS = [
  check('unit-enabled', 'the unit starts a node that has its keys', 'unit', (unit, { keystores }) => {
    // The guard places keys only while that is safe, so an empty one does not show a retired machine.
    if (unit.guarded) return null;
    const flags =
      unit.signs === null
        ? notAsked(`the command of ${unit.name} is in a variable, whose value is not known`)
        : null;
    const isActive = unit.state === 'active';
    if (unit.signs === false || !(unit.atBoot || isActive)) return flags;
    const stores = ofThisMachine(keystores);
    if (stores.some(({ keys }) => keys.some(({ danger }) => danger !== 'other'))) return flags;
    const unread = unreadOf(keystores);
    if (unread !== null) return unread;
    const disable = `${disabling(unit)} ${shellWord(unit.name)}`;
    const keyless = fault('E', unit.name, {
      what: isActive
        ? 'this node has lost its keys, or this machine is retired and its node still runs'
        : 'the unit starts at each boot, on a machine without keys',
      evidence: [
        `ActiveState=${unit.state}, UnitFileState=${unit.file}`,
        ...stores.map(({ path }) => `${path} holds no key that makes blocks or votes`),
      ],
      cost: isActive
        ? 'an active validator without its keys misses every duty; on a retired machine, keys that a backup restores sign beside the active one'
        : 'if a backup or a tool restores the keys, a retired machine signs beside the active one',
      mend: isActive
        ? `if this is the active machine: restore the keystore from its backup; if it is retired: ${disable} --now`
        : `${disable}; for a standby: run it under watchbill guard`,
    });
    return [keyless, flags];
  }),
  others('unit-elsewhere', 'no unit on another machine runs a node', 'otherUnits', (unit) =>
    furtherNode(unit, {
      host: unit.host,
      of: `the unit on ${unit.host}`,
      cost: 'a retired machine or a standby starts its node at a reboot; with a copy of the keys it signs beside this one',
    }),
  ),
  check('unit-second', 'no second unit starts a node on one keystore', 'all', ({ secondUnits }) =>
    secondUnits.map((look) =>
      on(look, (unit) =>
        furtherNode(unit, {
          host: null,
          of: `a second unit of the same keystore, ${unit.name},`,
          cost: 'two nodes sign with the keys of one keystore, which is slashed',
        }),
      ),
    ),
  ),
  check(
    'unit-started',
    'no timer, supervisor or script starts the node by itself',
    'starters',
    (all, facts) => {
      const { unit } = facts;
      const own = known(unit);
      // The guard listens before it places keys, also if a supervisor starts it.
      if (own?.guarded === true) return null;
      const byOthers = all.starters.filter(({ engine }) => engine === null);
      const rest = unit.looked ? unreadPlaces(all) : unit;
      const [timer] = own?.startedBy ?? [];
      const [first] = byOthers;
      const subject = own?.name ?? first?.place;
      if (subject === undefined || (timer === undefined && first === undefined)) return rest;
      const started = fault('E', subject, {
        what: 'another program starts the node by itself',
        evidence: [
          ...(own?.startedBy ?? []).map((each) => `${each} starts it`),
          ...byOthers.map(({ place, how }) => `${place}: ${how}`),
        ],
        cost: 'a standby starts while the active machine still signs, for example during a network partition',
        mend:
          timer === undefined
            ? `remove ${/:\d+$/.test(first?.place ?? '') ? 'the line ' : ''}${first?.place}, or run the node under watchbill guard run --pair`
            : `systemctl disable --now ${shellWord(timer)}, or run the node under watchbill guard run --pair`,
      });
      return [started, rest];
    },
  ),
  // An engine restarts within a second, which is within the round, and again at each boot.
  check('container-started', 'no container engine starts a validator by itself', 'starters', (facts) => {
    const started = facts.starters.flatMap(({ engine, name, place, how }) => {
      if (engine === null) return [];
      return fault('E', name, {
        what: `${ENGINES[engine]} starts the validator by itself`,
        evidence: [`${place}: ${how}`],
        cost: 'a standby or a retired machine starts its node at each boot; after a crash the node is back within the round in which it stopped',
        mend:
          engine === 'docker'
            ? `docker update --restart=no ${shellWord(name)}, and start it by a unit with RestartSec=120 or under watchbill guard`
            : engine === 'watchtower'
              ? `docker rm -f ${shellWord(name)}, or give the validator the label ${EXEMPT}=false`
              : `remove ${place}, and run the node under watchbill guard`,
      });
    });
    return [started, unreadPlaces(facts)];
  }),
  check('unit-upgrades', 'no automatic upgrade restarts the node', 'unit', (unit, { starters }) => {
    if (!starters.looked) return starters;
    const { upgrade } = starters.value;
    if (unit.guarded || upgrade === null) return null;
    return fault('C', unit.name, {
      what: 'an automatic upgrade restarts the node',
      evidence: [`${upgrade}: unattended upgrades, after which needrestart restarts units`],
      cost: 'the node stops at any time of the day, and on a standby it starts',
      mend: `name the unit in /etc/needrestart/conf.d/node.conf: $nrconf{override_rc}{qr(^${unit.name.replace(/\.service$/, '')})} = 0;`,
    });
  }),
  check('unit-watchdog', 'no watchdog kills the node', 'unit', (unit) => {
    if (unit.guarded || unit.watchdogMs === null) return null;
    return fault('E', unit.name, {
      what: 'systemd kills the node each time the watchdog runs out',
      evidence: [
        `WatchdogSec is ${seconds(unit.watchdogMs)}; a stock node sends no keep-alive`,
        `Restart=${unit.restart}`,
      ],
      cost: 'unclean stops, each of which may lose the last vote from the database; the node then votes again',
      mend: `systemctl edit ${shellWord(unit.name)} and set WatchdogSec=0`,
    });
  }),
  check('unit-restart-delay', 'a restart waits for longer than a round', 'unit', (unit, { clock }) => {
    if (unit.guarded || unit.restartMs === null || unit.restart === 'no') return null;
    const roundMs = SLOTS_OF_ROUND * (known(clock)?.slotMs ?? USUAL_SLOT_MS);
    if (unit.restartMs >= roundMs) return null;
    return fault('E', unit.name, {
      what: 'systemd restarts the node within the round in which it stopped',
      evidence: [
        `Restart=${unit.restart}, RestartSec is ${seconds(unit.restartMs)}`,
        `a round takes about ${seconds(roundMs)}${clock.looked ? '' : ' on Polkadot; the slot of this chain was not read'}`,
      ],
      cost: 'if the database lost the last vote (power cut, full disk, restored copy), the node votes a second time in that round',
      mend: `systemctl edit ${shellWord(unit.name)} and set RestartSec=120, or run the node under watchbill guard`,
    });
  }),
  check('unit-state', 'the unit runs', 'unit', (unit) => {
    if (unit.state === 'active') return null;
    return fault('D', unit.name, {
      what: `the unit is ${unit.state}`,
      evidence: [`ActiveState=${unit.state}, UnitFileState=${unit.file}`],
      cost: 'the node does not run, and misses every duty',
      mend: `journalctl -u ${shellWord(unit.name)} -n 100; if this machine is the active one: systemctl start ${shellWord(unit.name)}`,
    });
  }),
  check('unit-restart', 'the node comes back after a crash', 'unit', (unit) => {
    if (unit.restart !== 'no') return null;
    return fault('C', unit.name, {
      what: 'the node stays down after a crash',
      evidence: ['Restart=no'],
      cost: 'the validator misses duties until a person starts the node',
      mend: `systemctl edit ${shellWord(unit.name)} and set Restart=always and RestartSec=120`,
    });
  }),
];

/** A unit that runs a node beside the one of the validator, or starts it without a person. */
function furtherNode(
  unit: UnitFacts,
  { host, of, cost }: { readonly host: string | null; readonly of: string; readonly cost: string },
): Answer {
  const isRunning = !['inactive', 'failed'].includes(unit.state);
  if (unit.guarded || !(isRunning || unit.atBoot || unit.startedBy.length > 0)) return null;
  const names = [unit.name, ...unit.startedBy].map(shellWord).join(' ');
  return fault('E', host === null ? unit.name : `${host}:${unit.name}`, {
    what: `${of} ${isRunning ? 'runs' : 'starts'} a node without a guard`,
    evidence: [
      `UnitFileState=${unit.file}, ActiveState=${unit.state}`,
      ...unit.startedBy.map((each) => `${each} starts it`),
    ],
    cost,
    mend: commandAt({ host }, `${disabling(unit)} --now ${names}`),
  });
}

/** A unit that systemd generates, for example from a quadlet, has no link that `disable` could remove. */
const disabling = ({ file }: UnitFacts): string => `systemctl ${file === 'generated' ? 'mask' : 'disable'}`;

/** The right to read them is the same for all. */
const MOST_CLOSED = 3;

/** Unknown places are never good. */
function unreadPlaces({ closed, unknown }: StarterFacts): Answer {
  const [places, more] = [closed.slice(0, MOST_CLOSED).join(', '), closed.length - MOST_CLOSED];
  const rest = more > 0 ? ` and ${counted(more, 'other place')}` : '';
  const rights = closed.length === 0 ? [] : [`this user cannot read ${places}${rest}: run as root`];
  const reasons = [...rights, ...(unknown.length === 0 ? [] : [`not understood: ${unknown.join('; ')}`])];
  return reasons.length === 0 ? null : notAsked(reasons.join('; '));
}

const ENGINES: Readonly<Record<NonNullable<Starter['engine']>, string>> = {
  ...{ docker: 'Docker', podman: 'podman', quadlet: 'a quadlet of podman', kubelet: 'the kubelet' },
  watchtower: 'watchtower',
};

const seconds = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`);
