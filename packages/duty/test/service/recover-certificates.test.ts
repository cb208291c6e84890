import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '@watchbill/testkit';
import { followPage } from '@watchbill/testkit/pages/follow';
import { sqliteVersion, stamp } from '@watchbill/testkit/pages/stamp';
import { KEY, machine, until } from '@watchbill/testkit/pages/world';
import { CHAIN } from '@watchbill/testkit/service/ledger-setup';

const PAGE = 'docs/duty/how-to/tls.md#certificates-expired';
/** As `faketime -f` has it: the clock stands still, so that a busy machine prints the same second. */
const LONG_AGO = '2025-06-01 10:00:00';
/** A slot stays due for two more: so long the command may take to start. */
const SLOT_MS = 5_000;

const POLICY = `chain: "${CHAIN}"
key: "${KEY}"
roster: [{ name: alpha, rank: 0 }, { name: bravo, rank: 1 }]
duties: { babe: {} }
ceilings: { slotMs: ${SLOT_MS} }
readiness: { required: false }
`;

test(`the commands of ${PAGE} renew certificates that ended`, { timeout: 240_000 }, async () => {
  const world = await machine('certificates', {});
  const port = await freePort();
  world.ports.set('box1', port);
  const { shell, folder } = world;
  await shell('watchbill init --dir box1 --name box1 --tls --node alpha --node bravo');
  await shell(`sed -i 's/# port: 8450/port: ${port}/' box1/watchbill.yaml`);
  writeFileSync(join(folder, 'policy.yaml'), POLICY);
  const status = 'watchbill status --config box1/watchbill.yaml';
  const claim = async (node: string, unit: number, payload: string): Promise<string> => {
    const answer = await shell(
      `watchbill claim --chain ${CHAIN} --key ${KEY} --duty babe --unit ${unit} --digest 0x${payload.repeat(32)} \
       --url https://127.0.0.1:${port} --ca-file box1/tls/ca.pem --wait-ms 20000 \
       --cert-file box1/tls/nodes/${node}.pem --key-file box1/tls/nodes/${node}.key 2>&1 || true`,
    );
    return answer;
  };
  const granted: number[] = [];
  const grant = () =>
    until('a due unit is granted', async () => {
      const unit = Math.floor(Date.now() / SLOT_MS);
      const answer = await claim('alpha', unit, 'aa');
      if (!answer.startsWith('granted')) throw new Error(answer);
      granted.push(unit);
      return true;
    });
  await shell('systemctl start watchbill@box1');
  await until('it serves', async () => (await shell(status)).includes('ready, serving'));
  await shell('watchbill policy apply policy.yaml --config box1/watchbill.yaml');
  await shell(
    `watchbill adopt --chain ${CHAIN} --key ${KEY} --never-signed --confirmation test --config box1/watchbill.yaml`,
  );
  await grant();

  mkdirSync(join(folder, 'old'));
  await shell(`cd old && cp -r ../box1/tls . && for name in server operator nodes/alpha nodes/bravo; do
    openssl x509 -x509toreq -copy_extensions copy -in tls/$name.pem -signkey tls/$name.key -out request 2> /dev/null
    faketime -f '${LONG_AGO}' openssl x509 -req -copy_extensions copy -in request -days 30 -out ../box1/tls/$name.pem \
      -CA tls/ca.pem -CAkey tls/ca.key -CAcreateserial 2> /dev/null
  done`);
  await shell('systemctl stop watchbill@box1; systemctl start watchbill@box1');
  const now = Math.floor(Date.now() / SLOT_MS);
  await until('the expired certificate is refused', async () => {
    assert.match(await claim('alpha', now, 'aa'), /the certificate has expired/);
    return true;
  });

  await followPage(world, PAGE, { table: [] });
  await grant();
  for (const unit of granted) assert.match(await claim('alpha', unit, 'cc'), /^denied/);
  stamp(PAGE, sqliteVersion());
});
