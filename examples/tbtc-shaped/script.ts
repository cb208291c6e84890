import type { Script } from './scenario.ts';

const BITCOIN = 100_000_000n;

/** How long the script has something new; afterwards deposits and redemptions go on. */
export const SCRIPT_WINDOWS = 90;

/** Windows in which only heartbeats are to do. */
export const HEARTBEATS_ONLY = { from: 29, to: 50 } as const;
export const SILENT_SIGNERS = ['carol', 'dave'] as const;
/** A sweep that is agreed on in this window has too few signers until long after the next one. */
export const STUCK_WINDOW = 60;
export const LOST_SIGNERS = ['alice', 'bob', 'erin'] as const;
/** Down while that sweep, agreed on again in the window before, is signed at last by the others. */
export const RESTARTED = { from: STUCK_WINDOW + 3, to: STUCK_WINDOW + 4, name: 'frank' } as const;
/** Processes that are down from before the first of these windows until before the last. */
export const DOWN = { from: 70, to: 74, names: ['carol', 'frank'] } as const;
export const GREEDY = { from: 80, to: 90, name: 'erin' } as const;

/** The events shortly before each window. */
export const script: Script = async (stage, window) => {
  if (window === 1) stage.register('first');
  if (window === 10) stage.register('second');
  const [first, second] = stage.wallets;
  const isCalm = window >= HEARTBEATS_ONLY.from && window < HEARTBEATS_ONLY.to;
  const isStuck = window >= STUCK_WINDOW && window < STUCK_WINDOW + 3;
  if (first !== undefined && !isCalm && !isStuck) {
    if (window % 3 === 1 || window === STUCK_WINDOW - 1) stage.deposit(first, 2n * BITCOIN);
    if (window % 9 === 1) stage.deposit(first, BITCOIN / 2n);
    if (window % 4 === 3 && window !== STUCK_WINDOW - 1) stage.redeem(first, BITCOIN / 10n);
    if (window % 12 === 3) stage.redeem(first, BITCOIN / 7n);
  }
  if (second !== undefined && !isCalm) {
    if (window % 5 === 1) stage.deposit(second, BITCOIN);
    if (window % 7 === 6) stage.redeem(second, BITCOIN / 20n);
  }
  if (window === HEARTBEATS_ONLY.from + 1) stage.signers(SILENT_SIGNERS, false);
  if (window === HEARTBEATS_ONLY.to) stage.signers(SILENT_SIGNERS, true);
  if (window === STUCK_WINDOW) stage.signers(LOST_SIGNERS, false);
  if (window === RESTARTED.from) await stage.stop([RESTARTED.name]);
  if (window === RESTARTED.to) stage.start([RESTARTED.name]);
  if (window === STUCK_WINDOW + 3) stage.signers(LOST_SIGNERS, true);
  if (window === DOWN.from) await stage.stop(DOWN.names);
  if (window === DOWN.to) stage.start(DOWN.names);
  if (window === GREEDY.from) stage.greedy(GREEDY.name, true);
  if (window === GREEDY.to) stage.greedy(GREEDY.name, false);
};
