import { counted } from '@watchbill/kit';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { lines } from '@watchbill/kit/command/print';
import type { RolloutNews, RolloutResult, RolloutRun } from '../../run/operations/index.ts';
import type { RolloutEvent } from '../../run/rollout/index.ts';

/** Runs a roll-out, prints what happens and how it ended, and returns the exit status. Ends by Ctrl-C. */
export async function runAndSay(
  io: Io,
  json: boolean,
  work: (watch: Pick<RolloutRun, 'onEvent' | 'signal'>) => Promise<RolloutResult>,
): Promise<ExitCode> {
  const { conditionText } = await import('../../run/operations/index.ts');
  const say = (value: object, text: string) => io.out(json ? `${JSON.stringify(value)}\n` : lines([text]));
  const onEvent = (news: RolloutNews): void => {
    const { kind } = news;
    if (kind === 'resumed') say({ kind }, `goes on      ${news.title}`);
    if (kind === 'waiting') say(news, `waiting      ${news.detail}`);
    if (kind === 'met') say({ kind }, `begins       ${conditionText(news.condition)}`);
    if (kind === 'event') say({ kind, ...news.event }, eventText(news.event));
  };
  const stop = new AbortController();
  const release = io.onStopSignal(() => stop.abort(new Error('stopped on request')));
  try {
    const end = await work({ onEvent, signal: stop.signal });
    say({ kind: 'end', ...end }, endText(end));
    return exitOf(end);
  } finally {
    release();
  }
}

function eventText({ state, what, detail }: RolloutEvent): string {
  return `${state.padEnd(12)} ${[what, detail].filter((one) => one !== '').join(': ')}`;
}

function endText(end: RolloutResult): string {
  switch (end.how) {
    case 'nothing':
      return `up to date: ${end.why}`;
    case 'done':
      return `done         ${counted(end.changed.length, 'node is', 'nodes are')} changed and verified`;
    case 'not-begun':
      return `not started  no node was changed: ${end.why}`;
    case 'interrupted':
      return `stopped      on request; left: ${end.left.join('; ')}. Run the command again to continue`;
    case 'rolled-back':
      return [
        `rolled back  because of ${end.why}`,
        `. As before: ${end.restored.join(', ') || 'no node'}`,
        end.left.length === 0
          ? ''
          : `. NOT ROLLED BACK: ${end.left.map(({ unit, why }) => `${unit} (${why})`).join('; ')}. Remove the cause and run the command again`,
      ].join('');
  }
}

function exitOf(end: RolloutResult): ExitCode {
  if (end.how === 'done' || end.how === 'nothing') return EXIT.ok;
  return end.how === 'interrupted' ? EXIT.unknown : EXIT.fault;
}
