// The server of a programme in a process of its own: a file of SQLite, filled once. Prints one line of JSON
// when it listens. A line on standard input makes it take the newest standings as new ones, as the job of the
// service does after each snapshot.

import { createInterface } from 'node:readline';
import { nominateServer } from '@watchbill/nominate/api';
import { openProgrammeStore } from '@watchbill/nominate/storage';
import { fillProgramme } from '@watchbill/nominate/testing';

const [file = '', candidates = '1200', rounds = '4'] = process.argv.slice(2);
const store = await openProgrammeStore({ file }, Date.now);
const filled = await fillProgramme(store, { candidates: Number(candidates), rounds: Number(rounds) });
const app = await nominateServer({
  store,
  version: 'bench',
  clock: () => filled.nowMs,
  upSinceMs: filled.nowMs,
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
const stashes = filled.standings.map(({ stash }) => stash);
process.stdout.write(`${JSON.stringify({ url, stashes, rounds: filled.rounds })}\n`);

let moved = 0;
for await (const _line of createInterface({ input: process.stdin })) {
  const of = await store.standings.of();
  if (of === null) throw new Error('the standings are gone');
  moved += 1;
  await store.standings.replace({ ...of, takenAtMs: of.takenAtMs + moved }, filled.standings);
  process.stdout.write('replaced\n');
}
await app.close();
await store.close();
