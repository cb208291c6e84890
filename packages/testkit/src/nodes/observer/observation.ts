import { auraSlotMs, babeConfiguration, bestHead, connectNode, type NodeRpc } from '@watchbill/chain';
import { waitFor } from '../wait.ts';
import { chainOffences, keyOwners } from './chain-storage.ts';
import { auraDue, babeDue, type DueSource } from './due-source.ts';
import { type FirstSignature, firstSignature } from './first-signature.ts';
import { followLines } from './follow-lines.ts';
import { type HeaderIntake, headerIntake, type Source } from './header-intake.ts';
import { createJournal, type JournalWriter } from './journal.ts';
import { readBlockLine, readVoteLine } from './recorded-lines.ts';
import { type ObserverReport, reportOf, type Stretch } from './report.ts';
import type { ObserverSettings } from './settings.ts';
import { watchNode } from './watch-node.ts';

/** A network under observation, in this process. */
export interface Observation {
  /** Default: from the beginning until now. Polls everything once more first. */
  report(stretch: Partial<Stretch>): Promise<ObserverReport>;
  firstSignature(identity: string, momentMs: number): FirstSignature;
  close(): void;
}

const RPC_TIMEOUT_MS = 20_000;
const START_TIMEOUT_MS = 180_000;
const LINES_EVERY_MS = 100;
const CHAIN_EVERY_MS = 1_000;
const IDLE_TIMEOUT_MS = 60_000;

/** Begin to observe. Rejects if no node answers in time. */
export async function observe(settings: ObserverSettings): Promise<Observation> {
  const writer = createJournal();
  const sources = settings.nodes.map(({ name, wsUrl }) => ({
    name,
    rpc: connectNode(wsUrl, { timeoutMs: RPC_TIMEOUT_MS }),
  }));
  const chain = await waitFor('a node that the observer can ask', () => firstChain(sources), {
    timeoutMs: START_TIMEOUT_MS,
  });
  const startedMs = Date.now();
  const intake = headerIntake(writer, sources, chain.best);
  const watches = sources.map((source) => watchNode(source, intake, writer));
  const due = dueSource(writer, sources, settings, chain.consensus);
  const lines = recordedLines(writer, settings);
  const look = async (): Promise<void> => {
    await Promise.all([due.look(), ...sources.map(({ rpc }) => lookAtChain(writer, rpc))]);
  };
  const stopLooking = every(CHAIN_EVERY_MS, look);
  const stopReading = every(LINES_EVERY_MS, async () => lines.look());
  const names = settings.names ?? {};
  return {
    report: async (stretch) => {
      const whole = { fromMs: startedMs, untilMs: Date.now(), ...stretch };
      lines.look();
      await look();
      await idle(intake, writer);
      return reportOf(writer.journal, whole, chain.slotMs, names);
    },
    firstSignature: (identity, momentMs) => {
      lines.look();
      return firstSignature(writer.journal, identity, momentMs, names);
    },
    close: () => {
      for (const end of [stopLooking, stopReading, lines.close, ...watches]) end();
      for (const { rpc } of sources) rpc.close();
    },
  };
}

interface Chain {
  readonly consensus: 'babe' | 'aura';
  readonly slotMs: number;
  readonly best: number;
}

async function firstChain(sources: readonly Source[]): Promise<Chain> {
  return Promise.any(
    sources.map(async ({ rpc }) => {
      const { hash, number: best } = await bestHead(rpc);
      try {
        return {
          consensus: 'babe' as const,
          slotMs: Number((await babeConfiguration(rpc, hash)).slotMs),
          best,
        };
      } catch {
        return { consensus: 'aura' as const, slotMs: Number(await auraSlotMs(rpc, hash)), best };
      }
    }),
  );
}

function dueSource(
  writer: JournalWriter,
  sources: readonly Source[],
  settings: ObserverSettings,
  consensus: Chain['consensus'],
): DueSource {
  const wanted = settings.dueFrom ?? sources.slice(0, 1).map(({ name }) => name);
  const unknown = wanted.filter((name) => !sources.some((source) => source.name === name));
  if (unknown.length > 0) throw new Error(`dueFrom names nodes that are not observed: ${unknown.join(', ')}`);
  const asked = sources.filter(({ name }) => wanted.includes(name)).map(({ rpc }) => rpc);
  return consensus === 'babe'
    ? babeDue(writer, asked)
    : auraDue(
        writer,
        sources.map(({ rpc }) => rpc),
      );
}

function recordedLines(
  writer: JournalWriter,
  settings: ObserverSettings,
): { look: () => void; close: () => void } {
  const guarded = (take: (line: string) => void) => (line: string) => {
    try {
      take(line);
    } catch (error) {
      writer.fault(Date.now(), String(error));
    }
  };
  const onVote = guarded((line) => {
    const vote = readVoteLine(line);
    if (vote !== null) writer.vote(vote);
  });
  const onBlock = guarded((line) => {
    const header = readBlockLine(line);
    if (header !== null) writer.header(header);
  });
  const followers = [
    ...(settings.votesFile === undefined ? [] : [followLines(settings.votesFile, onVote)]),
    ...(settings.blocksFile === undefined ? [] : [followLines(settings.blocksFile, onBlock)]),
  ];
  return {
    look: () => {
      for (const follower of followers) follower.look();
    },
    close: () => {
      for (const follower of followers) follower.close();
    },
  };
}

/**
 * A node that does not answer is under test, which is no fault of the observation: the others are asked as
 * well.
 */
async function lookAtChain(writer: JournalWriter, rpc: NodeRpc): Promise<void> {
  try {
    const [owners, offences] = await Promise.all([keyOwners(rpc), chainOffences(rpc)]);
    for (const owner of owners) writer.owner(owner);
    for (const offence of offences) writer.offence({ ...offence, atMs: Date.now() });
  } catch {
    // The next poll, a second later, tries again.
  }
}

async function idle(intake: HeaderIntake, writer: JournalWriter): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), IDLE_TIMEOUT_MS);
  });
  if ((await Promise.race([intake.idle(), late])) === 'late')
    writer.fault(Date.now(), `headers could not be read in ${IDLE_TIMEOUT_MS} ms`);
  clearTimeout(timer);
}

/** Repeats one poll at a time, with a pause between. Returns a function that ends it. */
function every(pauseMs: number, action: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const run = async (): Promise<void> => {
    await action();
    if (!ended) timer = setTimeout(run, pauseMs);
  };
  timer = setTimeout(run, 0);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
