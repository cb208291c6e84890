import { makeDemoGroup } from '../groups/demo-group.ts';
import type { Told } from '../process.ts';

const isOutcome = (reason: string | null) => (line: Told) =>
  line.event === 'outcome' && line.reason === reason;

/**
 * The address of a page. Four real members run on the dev chain. The one with the page saw agreements and a
 * window without a quorum, and was down for a while. All processes end with the test.
 */
export async function memberPage(test: { after(end: () => Promise<void>): void }): Promise<string> {
  const demo = await makeDemoGroup();
  test.after(demo.close);
  await demo.chain();
  const [one, two, three, four] = ['one', 'two', 'three', 'four'].map(demo.member);
  await one?.until(isOutcome(null));
  await Promise.all([two?.stop('SIGTERM'), three?.stop('SIGTERM')]);
  await one?.until(isOutcome('no-certificate'));
  for (const name of ['two', 'three']) demo.member(name);
  await one?.stop('SIGTERM');
  const seen = four?.lines.length ?? 0;
  // The window that is open now, and one more that begins and ends without the member.
  const isLater = (line: Told) => line.event === 'outcome' && (four?.lines.indexOf(line) ?? 0) >= seen;
  const first = await four?.until(isLater);
  await four?.until((line) => isLater(line) && Number(line.from) > Number(first?.from) + 1);
  const again = demo.member('one');
  const { url } = await again.until(({ event }) => event === 'started');
  await again.until(isOutcome('passed'));
  const back = await again.until(isOutcome(null));
  await again.until((line) => isOutcome(null)(line) && line !== back);
  return `${url}`;
}
