import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endChild, type Message } from '@watchbill/testkit/bench/child';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { builtTikv } from '@watchbill/testkit/tikv';
import type { LoadProcess } from './process.ts';
import type { StepsSetUp } from './store-load.ts';

const SPARE_MS = 60_000;

/**
 * The reference client of TiKV's own ecosystem, in Go; it does the jobs of a load process, told in lines of
 * JSON.
 */
export async function startReferenceLoad(stage: Stage, setUp: StepsSetUp): Promise<LoadProcess> {
  const child = spawn(builtTikv().reference, { stdio: ['pipe', 'pipe', 'inherit'] });
  await stage.start(Promise.resolve(child), () => endChild(child));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function ask(message: object, timeoutMs: number): Promise<unknown> {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = new Error(`the reference client gave no result within ${timeoutMs} ms`);
      timer = setTimeout(() => reject(why), timeoutMs);
    });
    try {
      const line = await Promise.race([lines.next(), late]);
      if (line.done === true) throw new Error('the reference client ended while it was at work');
      const answer = JSON.parse(line.value) as Message;
      if (!answer.done) throw new Error(`the reference client: ${answer.why}`);
      return answer.result;
    } finally {
      clearTimeout(timer);
    }
  }

  await ask(setUp, SPARE_MS);
  return {
    run: async (job) => {
      const measuredMs = 'measureMs' in job ? job.warmUpMs + job.measureMs : 0;
      return (await ask(job, measuredMs + SPARE_MS)) as never;
    },
  };
}
