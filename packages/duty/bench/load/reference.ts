import { linesOnStage, type Message } from '@watchbill/testkit/bench/child';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { builtTikv } from '@watchbill/testkit/tikv';
import { type LoadProcess, loadProcess } from './process.ts';
import type { StepsSetUp } from './store-load.ts';

const SET_UP_MS = 60_000;

/**
 * The reference client of TiKV's own ecosystem, in Go; it does the jobs of a load process, told in lines of
 * JSON.
 */
export async function startReferenceLoad(stage: Stage, setUp: StepsSetUp): Promise<LoadProcess> {
  const client = await linesOnStage(stage, 'the reference client', [builtTikv().reference]);
  const ask = async (message: object, timeoutMs: number): Promise<unknown> => {
    const answer = JSON.parse(await client.ask(JSON.stringify(message), timeoutMs)) as Message;
    if (!answer.done) throw new Error(`the reference client: ${answer.why}`);
    return answer.result;
  };
  await ask(setUp, SET_UP_MS);
  return loadProcess(ask);
}
