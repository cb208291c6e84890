// docs/duty/how-to/tls.md, followed as printed: certificates, both kinds of identity, a later node, rotated
// tokens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '@watchbill/testkit';
import { followPage, type Substitution } from '@watchbill/testkit/pages/follow';
import { sqliteVersion, stamp } from '@watchbill/testkit/pages/stamp';
import { machine, until } from '@watchbill/testkit/pages/world';

const PAGE = 'docs/duty/how-to/tls.md#set-up';
const [CERTIFICATES, ASK, FURTHER, ROTATE] = [
  'Make certificates',
  'Who asks: token or certificate',
  'Further certificates',
  'Rotate tokens',
] as const;
const HEADINGS = [CERTIFICATES, ASK, FURTHER, ROTATE];

interface Token {
  readonly id: string;
  readonly name: string;
}

test(`the commands of ${PAGE} let a node and an operator in`, { timeout: 240_000 }, async () => {
  const world = await machine('tls', {});
  const port = await freePort();
  // The reader works in the folder of the service.
  await world.shell('mkdir box1');
  const reader = { ...world, folder: `${world.folder}/box1` };
  const shell = (commands: string): Promise<string> => world.shell(`cd box1\n${commands}`);
  const follow = (headings: readonly string[], table: readonly Substitution[]) => {
    const leftOut = HEADINGS.filter((heading) => !headings.includes(heading));
    return followPage(reader, PAGE, { table, leftOut });
  };
  const tokens = async (): Promise<readonly Token[]> =>
    (JSON.parse(await shell('watchbill token list --json')) as { tokens: readonly Token[] }).tokens;
  const idOf = async (name: string): Promise<string> => {
    const found = (await tokens()).find((token) => token.name === name);
    return found?.id ?? assert.fail(`no token of ${name}`);
  };

  await follow([CERTIFICATES], []);
  await shell(`sed -i 's/# port: 8450/port: ${port}/' watchbill.yaml`);
  await world.shell('systemctl start watchbill@box1');
  await until('it serves', async () => (await shell('watchbill status')).includes('ready, serving'));
  await follow([ASK, FURTHER], [['127.0.0.1:8450', `127.0.0.1:${port}`, 'a free port']]);
  const carol = `curl -sf --cacert tls/ca.pem --cert carol.pem --key carol.key https://127.0.0.1:${port}/v1/health`;
  await shell(carol);

  const old = await idOf('alpha');
  const operator = await idOf('operator');
  await follow(
    [ROTATE],
    [
      ['5dc4c1c4b1e560a8', old, 'the id of the old token'],
      ['42f0857d655dd0c0', operator, 'the id of the old token'],
    ],
  );
  const left = (await tokens()).map(({ id }) => id);
  assert.ok(!left.includes(old) && !left.includes(operator), String(left));
  stamp(PAGE, sqliteVersion());
});
