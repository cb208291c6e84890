import type { Outcome, Receipt } from '@watchbill/coordinate';
import { nameOf, OPERATORS } from './group.ts';
import { sum } from './ledger.ts';
import type { Story } from './scenario.ts';

type Row = readonly string[];

/** A window of a wallet as its operators recorded it. */
export interface WindowView {
  readonly outcomes: readonly Outcome[];
  readonly receipts: readonly Receipt[];
}

export function viewOf(story: Story, wallet: string, window: bigint): WindowView {
  const records = OPERATORS.flatMap((name) => story.records.get(name)?.get(wallet) ?? []);
  return {
    outcomes: records.flatMap(({ outcomes }) =>
      outcomes.filter(({ from, to }) => from <= window && window <= to),
    ),
    receipts: records.flatMap(({ receipts }) => receipts.get(window) ?? []),
  };
}

/** One line for each window of each wallet, then what it all came to. */
export function storyLines(story: Story, windows: number): readonly string[] {
  const rows: Row[] = [['window', 'wallet', 'leader', 'action', 'outcome', 'what came of it']];
  for (let window = 1n; window <= BigInt(windows); window++) {
    for (const { id, name } of story.wallets) {
      const view = viewOf(story, id, window);
      if (view.outcomes.length > 0) rows.push([`${window}`, name, ...cells(view)]);
    }
  }
  return [...columns(rows), '', ...summary(story)];
}

function cells({ outcomes, receipts }: WindowView): Row {
  const leader = outcomes.find((outcome) => outcome.leader !== null)?.leader ?? null;
  const action = outcomes.find((outcome) => outcome.action !== null)?.action ?? '';
  const labels = outcomes.map(({ result, reason }) => (reason === null ? result : `${result}: ${reason}`));
  const texts = receipts.map(({ result, text }) =>
    result === 'done-by-another' ? '' : `${result}: ${text}`,
  );
  return [leader === null ? '' : nameOf(leader), action, counted(labels), counted(texts)];
}

/** Each text once, with how many operators it comes from where they differ. */
function counted(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== '') counts.set(text, (counts.get(text) ?? 0) + 1);
  if (counts.size === 1) return [...counts.keys()].join();
  return [...counts].map(([text, count]) => `${count} ${text}`).join('; ');
}

function columns(rows: readonly Row[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function summary({ wallets, bridge, ledger }: Story): readonly string[] {
  const holdings = wallets.map(({ id, name }) => {
    const swept = ledger.taken().filter(({ wallet }) => wallet === id).length;
    const waiting = bridge.deposits(id).length + bridge.redemptions(id).length;
    return `wallet ${name}: ${sum(ledger.coinsOf(id))} satoshi, ${swept} transactions, ${waiting} requests left`;
  });
  const claims = bridge.claims().map(({ wallet, nonce, seats }) => {
    const walletOf = wallets.find(({ id }) => id === wallet);
    const holders = seats.map((seat) => nameOf(walletOf?.group.operators[seat - 1] ?? ''));
    const names = [...new Set(holders)].sort();
    return `claim ${nonce} of wallet ${walletOf?.name}: ${seats.length} seats of ${names.join(' and ')} were inactive`;
  });
  return [...holdings, ...claims];
}
