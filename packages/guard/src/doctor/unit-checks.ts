import { shellWord } from '@watchbill/kit/ssh';
import type { ContainerFacts, DoctorFacts, OtherUnit, UnitFacts } from './facts.ts';
import { type Check, commandAt, found, GOOD, joined, missing, type Outcome, on } from './finding.ts';
import { ofThisMachine } from './keystore-checks.ts';

/** Checks of the systemd unit of the node. */
export const UNIT_CHECKS: readonly Check[] = [
  {
    id: 'unit-enabled',
    group: 'unit',
    title: 'a unit that starts at boot has keys',
    look: (facts) => on(facts.unit, (unit) => enabledWithoutKeys(unit, facts)),
  },
  {
    id: 'unit-elsewhere',
    group: 'unit',
    title: 'no unit on another machine starts a node at boot',
    look: ({ otherUnits }) =>
      otherUnits.length === 0
        ? missing('--unit names no other machine: give USER@HOST:UNIT', false)
        : joined(otherUnits.map((each) => on(each, enabledElsewhere))),
  },
  {
    id: 'unit-started',
    group: 'unit',
    title: 'no timer, supervisor or script starts the node by itself',
    look: (facts) => on(facts.unit, (unit) => startedByItself(unit, facts)),
  },
  {
    id: 'container-started',
    group: 'unit',
    title: 'no container engine starts a validator by itself',
    look: ({ containers }) => on(containers, startedByEngine),
  },
  {
    id: 'unit-watchdog',
    group: 'unit',
    title: 'no watchdog kills the node',
    look: ({ unit }) => on(unit, watchdog),
  },
  {
    id: 'unit-restart-delay',
    group: 'unit',
    title: 'a restart waits for longer than a round',
    look: (facts) => on(facts.unit, (unit) => restartDelay(unit, facts)),
  },
  { id: 'unit-state', group: 'unit', title: 'the unit runs', look: ({ unit }) => on(unit, state) },
  {
    id: 'unit-restart',
    group: 'unit',
    title: 'the node comes back after a crash',
    look: ({ unit }) => on(unit, comesBack),
  },
];

function enabledWithoutKeys(unit: UnitFacts, { keystores, sealed }: DoctorFacts): Outcome {
  // The guard places keys only while that is safe, so an empty one does not show a retired machine.
  if (unit.guarded || unit.file !== 'enabled') return GOOD;
  const stores = ofThisMachine(keystores);
  if (stores.some(({ keys }) => keys.some(({ danger }) => danger !== 'other'))) return GOOD;
  const unreadStore = keystores.find((store) => !store.looked);
  if (unreadStore !== undefined && !unreadStore.looked) return missing(unreadStore.why, unreadStore.asked);
  if (stores.length === 0) return missing('--keystore is not given', false);
  return found({
    letter: 'E',
    subject: unit.name,
    what: 'the unit starts at each boot, on a machine without keys',
    evidence: [
      `UnitFileState=${unit.file}`,
      ...stores.map(({ path }) => `${path} holds no key that makes blocks or votes`),
      ...(sealed.looked
        ? [`the guard has sealed ${sealed.value.length} keys, and does not run this unit`]
        : []),
    ],
    cost: 'if a backup or a tool restores the keys, a retired machine signs beside the active one',
    mend: `systemctl disable ${shellWord(unit.name)}; for a standby: run it under watchbill guard`,
  });
}

function enabledElsewhere({ host, unit }: OtherUnit): Outcome {
  const isEnabled = unit.file === 'enabled' || unit.file === 'enabled-runtime';
  if (unit.guarded || !(isEnabled || unit.startedBy.length > 0)) return GOOD;
  return found({
    letter: 'E',
    subject: `${host}:${unit.name}`,
    what: `the unit on ${host} starts a node without a guard`,
    evidence: [
      `UnitFileState=${unit.file}, ActiveState=${unit.state}`,
      ...unit.startedBy.map((each) => `${each} starts it`),
    ],
    cost: 'a retired machine or a standby starts its node at a reboot; with a copy of the keys it signs beside this one',
    mend: commandAt(
      { host },
      `systemctl disable --now ${[unit.name, ...unit.startedBy].map(shellWord).join(' ')}`,
    ),
  });
}

function startedByItself(unit: UnitFacts, { starters }: DoctorFacts): Outcome {
  // The guard listens before it places keys, also if a supervisor starts it.
  if (unit.guarded) return GOOD;
  const bySystemd = unit.startedBy.map((each) => `${each} starts it`);
  const byOthers = starters.looked
    ? starters.value.starters.map(({ place, line }) => `${place}: ${line}`)
    : [];
  const closed = starters.looked ? starters.value.closed : [];
  const rest = starters.looked
    ? closed.length === 0
      ? GOOD
      : missing(`this user cannot read ${closed.join(', ')}: run the doctor as root`, false)
    : missing(starters.why, starters.asked);
  const evidence = [...bySystemd, ...byOthers];
  if (evidence.length === 0) return rest;
  const [first = ''] = unit.startedBy;
  const started = found({
    letter: 'E',
    subject: unit.name,
    what: 'another program starts the node by itself',
    evidence,
    cost: 'a standby starts while the active machine still signs, for example during a network partition',
    mend:
      first === ''
        ? `remove the line ${byOthers[0]?.split(': ')[0] ?? ''}, or run the node under watchbill guard --pair`
        : `systemctl disable --now ${shellWord(first)}, or run the node under watchbill guard --pair`,
  });
  return joined([started, rest]);
}

/** An engine restarts within a second, which is within the round, and again at each boot. */
function startedByEngine({ restarted, closed }: ContainerFacts): Outcome {
  const rest =
    closed.length === 0
      ? GOOD
      : missing(`this user cannot read ${closed.join(', ')}: run the doctor as root`, false);
  const started = restarted.map(({ engine, name, policy, place }) => ({
    letter: 'E' as const,
    subject: name,
    what: `${engine === 'docker' ? 'Docker' : 'the kubelet'} starts the validator by itself`,
    evidence: [`${place}: restart policy ${policy}`],
    cost: 'a standby or a retired machine starts its node at each boot; after a crash the node is back within the round in which it stopped',
    mend:
      engine === 'docker'
        ? `docker update --restart=no ${shellWord(name)}, and start it by a unit with RestartSec=120 or under watchbill guard`
        : `remove ${place}, and run the node under watchbill guard`,
  }));
  return joined([found(...started), rest]);
}

function watchdog(unit: UnitFacts): Outcome {
  if (unit.guarded || unit.watchdogMs === null) return GOOD;
  return found({
    letter: 'E',
    subject: unit.name,
    what: 'systemd kills the node each time the watchdog runs out',
    evidence: [
      `WatchdogSec is ${seconds(unit.watchdogMs)}; a stock node sends no keep-alive`,
      `Restart=${unit.restart}`,
    ],
    cost: 'unclean stops, each of which may lose the last vote from the database; the node then votes again',
    mend: `systemctl edit ${shellWord(unit.name)} and set WatchdogSec=0`,
  });
}

/** A round takes about two slots: a block, then the two phases of votes. */
const SLOTS_OF_ROUND = 2;
/** Polkadot, if the slot of the chain was not read. */
const USUAL_SLOT_MS = 6_000;

function restartDelay(unit: UnitFacts, { clock }: DoctorFacts): Outcome {
  if (unit.guarded || unit.restartMs === null || unit.restart === 'no') return GOOD;
  const slotMs = clock.looked ? clock.value.slotMs : USUAL_SLOT_MS;
  const roundMs = SLOTS_OF_ROUND * slotMs;
  if (unit.restartMs >= roundMs) return GOOD;
  return found({
    letter: 'E',
    subject: unit.name,
    what: 'systemd restarts the node within the round in which it stopped',
    evidence: [
      `Restart=${unit.restart}, RestartSec is ${seconds(unit.restartMs)}`,
      `a round takes about ${seconds(roundMs)}${clock.looked ? '' : ' on Polkadot; the slot of this chain was not read'}`,
    ],
    cost: 'if the database lost the last vote (power cut, full disk, restored copy), the node votes a second time in that round',
    mend: `systemctl edit ${shellWord(unit.name)} and set RestartSec=120, or run the node under watchbill guard`,
  });
}

function state(unit: UnitFacts): Outcome {
  if (unit.state === 'active') return GOOD;
  return found({
    letter: 'D',
    subject: unit.name,
    what: `the unit is ${unit.state}`,
    evidence: [`ActiveState=${unit.state}, UnitFileState=${unit.file}`],
    cost: 'the node does not run, and misses every duty',
    mend: `journalctl -u ${shellWord(unit.name)} -n 100; if this machine is the active one: systemctl start ${shellWord(unit.name)}`,
  });
}

function comesBack(unit: UnitFacts): Outcome {
  if (unit.restart !== 'no') return GOOD;
  return found({
    letter: 'C',
    subject: unit.name,
    what: 'the node stays down after a crash',
    evidence: ['Restart=no'],
    cost: 'the validator misses duties until a person starts the node',
    mend: `systemctl edit ${shellWord(unit.name)} and set Restart=always and RestartSec=120`,
  });
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}
