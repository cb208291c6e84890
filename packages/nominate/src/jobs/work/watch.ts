import { counted } from '@watchbill/kit';
import { shownTime } from '../../checks/show.ts';
import { noteState } from '../../notify/notices.ts';
import { keepAmounts, shownWorth } from '../../payouts/keep-amounts.ts';
import type { NoticeRow, ProgrammeStore } from '../../storage/port.ts';
import type { Job, JobContext } from '../job.ts';
import { readNote } from '../notes.ts';
import { allStandings, everyRow } from './all.ts';
import { blocksOf } from './gaps.ts';
import { VERDICT_KEEPS_MS } from './last-known.ts';
import { watchBacking } from './still-backs.ts';

const MINUTE_MS = 60_000;
/** Eras beyond its due era after which a nominator without a new nomination is stale. */
const GRACE_ERAS = 2;

/** Unclaimed payouts that will expire. */
export const payoutsJob: Job = {
  name: 'payouts',
  everyMs: 30 * MINUTE_MS,
  deadlineMs: 5 * MINUTE_MS,
  after: ['snapshot'],
  run: async (context) => {
    const { store, settings, clock } = context;
    const calendar = await readNote(store, 'calendar');
    if (calendar === null) {
      const { total } = await store.payouts.unclaimed({ limit: 1, after: null });
      return `${counted(total, 'page is', 'pages are')} unclaimed; the era is not known`;
    }
    const { active } = calendar;
    const found = await keepAmounts(context, active);
    const unclaimed = await everyRow(store.payouts.unclaimed);
    const lost = unclaimed.filter(({ expiresEra }) => expiresEra <= active);
    const soon = unclaimed.filter(
      ({ expiresEra }) => expiresEra > active && expiresEra <= active + settings.payoutWarningEras,
    );
    const [first] = soon;
    const worth = shownWorth(soon, settings.network);
    const text = `${counted(soon.length, 'page')} of rewards (${worth}) ${soon.length === 1 ? 'expires' : 'expire'} within ${counted(settings.payoutWarningEras, 'era')}, the first before era ${first?.expiresEra}: ${first?.stashKey}, era ${first?.era}, page ${first?.page}. Anyone may claim them with \`Staking.payout_stakers_by_page\``;
    await noteState(
      store,
      clock.nowMs(),
      { key: 'payouts-expire', severity: 'warning', text },
      soon.length > 0,
    );
    return `${counted(unclaimed.length - lost.length, 'page is', 'pages are')} unclaimed, ${counted(soon.length, 'expires', 'expire')} soon, ${counted(lost.length, 'has', 'have')} expired; ${found}`;
  },
};

/** Opens notices for stalled eras, old nominations, failing chains and jobs, and waiting transactions. */
export const watchJob: Job = {
  name: 'watch',
  everyMs: MINUTE_MS,
  deadlineMs: MINUTE_MS,
  after: ['snapshot', 'outcomes', 'payouts'],
  run: async (context) => {
    await watchEra(context);
    await watchRoles(context);
    await watchNominators(context);
    await watchBacking(context);
    await watchVerdicts(context);
    await watchGaps(context);
    await watchIntents(context);
    await watchJobs(context);
    const open = await context.store.notices.open();
    return counted(open.length, 'notice is open', 'notices are open');
  },
};

async function watchEra({ store, clock }: JobContext): Promise<void> {
  const pace = await readNote(store, 'pace');
  const text = `the active era has lasted ${counted(pace?.sessions ?? 0, 'session')}, but should last ${pace?.due}: no round is made until the next era. Check whether the chain elects and whether \`chains\` names endpoints that follow it`;
  await noteState(
    store,
    clock.nowMs(),
    { key: 'era-stalled', severity: 'critical', text },
    pace?.stalled === true,
  );
}

async function watchRoles({ store, clock }: JobContext): Promise<void> {
  const failures = await readNote(store, 'failures');
  if (failures === null) return;
  for (const role of ['staking', 'relay', 'identity']) {
    const failed = failures.find((one) => one.role === role);
    const text = `the chain in the role ${role} cannot be read: ${failed?.why}. Check the endpoints under \`chains.${role}\`, and add another one`;
    await noteState(
      store,
      clock.nowMs(),
      { key: `chain ${role}`, severity: 'warning', text },
      failed !== undefined,
    );
  }
}

async function watchNominators({ store, settings, clock, world, signal }: JobContext): Promise<void> {
  const newest = await store.snapshots.newest();
  const head = newest === null ? null : await world.desk.head(newest.digest, signal);
  if (!head?.eras.active.known) return;
  const active = head.eras.active.value;
  for (const { name, stashKey, submittedIn } of head.nominators) {
    if (!submittedIn.known) continue;
    const age = submittedIn.value === null ? null : active - submittedIn.value;
    const isStale = age !== null && age > settings.programme.round.everyEras + GRACE_ERAS;
    const told = { key: `stale ${stashKey}`, severity: 'warning' as const };
    const what = `${name} last nominated ${counted(age ?? 0, 'era')} ago, but should nominate every ${settings.programme.round.everyEras}. See \`watchbill nominate tx list --all\` and the job \`round\``;
    await noteState(store, clock.nowMs(), { ...told, text: what }, isStale);
  }
}

/** A person can repair the source of old facts before the verdict that rests on them ends. */
async function watchVerdicts({ store, clock }: JobContext): Promise<void> {
  const nowMs = clock.nowMs();
  const old = (await allStandings(store)).filter(
    ({ verdict, lastSettled, lastValidMs }) =>
      verdict === 'undecided' && lastSettled === 'valid' && nowMs - (lastValidMs ?? 0) > VERDICT_KEEPS_MS / 2,
  );
  const [first] = old;
  const check = first?.results.find(({ outcome }) => outcome === 'unknown');
  const text = `${counted(old.length, 'candidate')} can be nominated only by a verdict on facts of more than ${shownTime(VERDICT_KEEPS_MS / 2)} ago, and no longer after ${shownTime(VERDICT_KEEPS_MS)}; the first is ${first?.name}: ${check?.id}: ${check?.message}. Check the source of these facts: the endpoints under \`chains\`, the feeds under \`telemetry\``;
  const told = { key: 'old-verdicts', severity: 'warning' as const, text };
  await noteState(store, nowMs, told, first !== undefined);
}

/**
 * Faults in unreadable blocks are unknown, not absent. A person can configure an endpoint that has those
 * blocks.
 */
async function watchGaps({ store, clock }: JobContext): Promise<void> {
  const gaps = (await readNote(store, 'fault gaps')) ?? [];
  const [first] = gaps;
  const text = `${counted(blocksOf(gaps), 'block')} could not be read, the first ${first?.role} ${first?.from} to ${first?.to}: ${first?.why}; their reports about candidates are unknown. Name an endpoint that keeps old states under \`chains\`: they are tried again every hour for a week`;
  await noteState(
    store,
    clock.nowMs(),
    { key: 'fault-gaps', severity: 'warning', text },
    first !== undefined,
  );
}

async function watchIntents({ store, clock }: JobContext): Promise<void> {
  const open = await store.intents.open();
  const held = open.filter(({ state }) => state.held !== null);
  const keys = new Set(held.map(({ state }) => `held ${state.intent.id}`));
  for (const { state } of held) {
    const text = `the nomination ${state.intent.id} waits for a person: ${state.held}; see \`watchbill nominate tx list\`, then \`tx resume\` or \`tx cancel\``;
    await noteState(
      store,
      clock.nowMs(),
      { key: `held ${state.intent.id}`, severity: 'critical', text },
      true,
    );
  }
  const failed = (await store.intents.list({ open: false, limit: 20 })).filter(
    ({ state, changedMs }) => state === 'failed' && clock.nowMs() - changedMs < 24 * 60 * MINUTE_MS,
  );
  for (const { id, nominator, reason } of failed) {
    keys.add(`failed ${id}`);
    const text = `the nomination ${id} of ${nominator} ended without effect: ${reason}. See its steps with \`watchbill nominate tx list --all --journal\``;
    await noteState(store, clock.nowMs(), { key: `failed ${id}`, severity: 'critical', text }, true);
  }
  for (const { key } of await openWith(store, ['held ', 'failed ']))
    if (!keys.has(key)) await noteState(store, clock.nowMs(), { key, severity: 'info', text: '' }, false);
}

async function watchJobs({ store, clock }: JobContext): Promise<void> {
  for (const { name, state, error } of await store.jobs.all()) {
    if (state === 'running' || name === 'watch') continue;
    const told = {
      key: `job ${name}`,
      severity: 'warning',
      text: `the job ${name} failed: ${error}. It is retried within a minute`,
    } as const;
    await noteState(store, clock.nowMs(), told, state === 'failed');
  }
}

async function openWith(store: ProgrammeStore, starts: readonly string[]): Promise<readonly NoticeRow[]> {
  return (await store.notices.open()).filter(({ key }) => starts.some((start) => key.startsWith(start)));
}
