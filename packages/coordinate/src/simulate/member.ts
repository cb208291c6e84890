import type { QuorumSchedule } from '../quorum/group.ts';
import { type QuorumRules, quorumRules } from '../quorum/rules.ts';
import { QUORUM_FRAME, type Switches } from '../quorum/self.ts';
import { JUDGES } from './content.ts';
import type { GroupSetup } from './group-setup.ts';
import { memberDisk } from './member-disk.ts';
import type { MemberPorts } from './member-ports.ts';
import { type MemberProcess, memberProcess } from './member-process.ts';

/** An honest member: the real engine, on a disk and in a process that may fail. */
export interface SimMember extends Omit<MemberProcess, 'start'> {
  readonly seat: number;
  /** In force since the last start, then those before it: a fault of an earlier life is reported again. */
  schedules(): readonly QuorumSchedule[];
  /** In force from the next start on. */
  installed(): QuorumSchedule;
  deliver(payload: Uint8Array): void;
  start(): void;
  install(schedule: QuorumSchedule): void;
  breakDisk(isBroken: boolean): void;
}

export interface MemberSetting {
  readonly setup: GroupSetup;
  readonly seat: number;
  readonly schedule: QuorumSchedule;
  readonly switches: Partial<Switches>;
  /** Whether stored data survives a crash. */
  readonly isCursorDurable: boolean;
  /** Read at each start; see `QuorumSelf`. */
  readonly heldFrom?: () => bigint | null;
}

const KEPT_SCHEDULES = 3;

export function simMember(setting: MemberSetting, ports: MemberPorts): SimMember {
  const { setup, seat } = setting;
  let installed = setting.schedule;
  let schedules = [installed];
  const disk = memberDisk(setting.isCursorDurable, ports.prng);
  const program = memberProcess(disk, ports);
  return {
    ...program,
    seat,
    schedules: () => schedules,
    installed: () => installed,
    deliver: (payload) => {
      const sender = setup.group.members[seat]?.name ?? '';
      program.give({ kind: 'message', message: { type: QUORUM_FRAME, sender, payload } });
    },
    start: () => {
      if (program.isUp()) return;
      schedules = [installed, ...schedules.filter((before) => before !== installed)].slice(0, KEPT_SCHEDULES);
      program.start(rulesOf(setting, installed));
    },
    install: (next) => {
      installed = next;
    },
    breakDisk: disk.setBroken,
  };
}

function rulesOf(
  { setup, seat, switches, heldFrom = () => null }: MemberSetting,
  schedule: QuorumSchedule,
): QuorumRules {
  const held = heldFrom();
  const key = setup.keys[seat];
  if (key === undefined) throw new RangeError(`there is no seat ${seat}`);
  return quorumRules({
    group: setup.group,
    schedule,
    seat,
    key,
    verify: setup.verify,
    judges: JUDGES,
    switches,
    ...(held === null ? {} : { heldFrom: held }),
  });
}
