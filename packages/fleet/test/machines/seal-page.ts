// The commands that seal the keys of a gated node, on a machine that a real systemd booted. Its unit
// `polkadot` runs a real node.

import assert from 'node:assert/strict';
import type { BootedMachine } from '@watchbill/testkit/machines/booted';
import { pageText, promptsOf } from '@watchbill/testkit/pages/page-run';
import { isShownAs } from '@watchbill/testkit/pages/shown';
import { DEVNODE, stamp } from '@watchbill/testkit/pages/stamp';
import { until } from './guard-ground.ts';

const PAGE = 'docs/duty/how-to/add-the-gate-to-your-node.md#seal-the-session-keys';
const [MOVE, AWAY, START, BACK] = [
  '1. Move the keys',
  "2. Keep the identity away from the node's folders",
  '3. Start the node',
  'The way back',
] as const;
const KEYSTORE = '/var/lib/polkadot/chains/polkadot/keystore';
const GATE = '/var/lib/watchbill-gate';
/** The page shows the keys of //Alice for blocks and votes. */
const SHOWN_KEYS = ['62616265', '6772616e'].map((kind) => `/opt/delivered/keys-Alice/${kind}*`).join(' ');

/**
 * The unit with the lines of the page. The gate of this node finds no service: it opens its keys, and signs
 * nothing.
 */
function gatedUnit(machine: BootedMachine): string {
  const [, setting = '', flags = ''] =
    /```ini\n\[Service\]\n(LoadCredentialEncrypted=.*)\n; ExecStart=… (.*)\n```/.exec(pageText(PAGE)) ?? [];
  assert.notEqual(flags, '', 'the page has two flags');
  const plain = machine.on('sed -n s/^ExecStart=//p /etc/systemd/system/polkadot.service').trim();
  const gate = `--duty claims --duty-node alpha --duty-service http://127.0.0.1:8450 --duty-token-file ${GATE}/token`;
  return ['[Service]', setting, 'ExecStart=', `ExecStart=${plain} ${gate} ${flags}`].join('\n');
}

/** What the node logged since it was started last. */
const log = (machine: BootedMachine): string =>
  machine.on(
    'journalctl --no-pager --output=cat -u polkadot _SYSTEMD_INVOCATION_ID=$(systemctl show --value --property=InvocationID polkadot)',
  );

/** @param machine its node has run without a gate; `/opt/delivered` has keys of development accounts */
export async function followSealPage(machine: BootedMachine): Promise<void> {
  const prompts = promptsOf(PAGE);
  const follow = (section: string): void => {
    const found = prompts.filter(({ heading }) => heading === section);
    assert.ok(found.length > 0, `${PAGE} has commands under ${section}`);
    for (const { commands, shown } of found) {
      // The user of the node may not read the folder of root, in which a command over ssh begins.
      const printed = machine.on(`cd /srv; ${commands}`);
      assert.ok(isShownAs(shown, printed), `${commands}\nprinted ${printed}`);
    }
  };
  assert.deepEqual([...new Set(prompts.map(({ heading }) => heading))], [MOVE, AWAY, START, BACK]);
  machine.on(`rm -rf ${KEYSTORE}
install -d -o polkadot -m 0700 ${KEYSTORE}
install -o polkadot -m 0600 ${SHOWN_KEYS} ${KEYSTORE}`);
  follow(MOVE);
  assert.equal(machine.on(`ls ${KEYSTORE}`), '');
  // The copy that the page asks for, and a token that no service knows.
  machine.on(`cp ${GATE}/identity /srv/identity
install -o polkadot -m 0600 /dev/null ${GATE}/token
head -c 32 /dev/urandom | base64 > ${GATE}/token`);
  follow(AWAY);
  assert.equal(machine.on(`ls ${GATE}`), 'sealed\ntoken\n');
  machine.on(`mkdir -p /etc/systemd/system/polkadot.service.d
cat > /etc/systemd/system/polkadot.service.d/override.conf <<'END'
${gatedUnit(machine)}
END
systemctl daemon-reload`);
  follow(START);
  const [, line = ''] =
    /```text\n(watchbill: 2 sealed keys .*)\n```/.exec(pageText(PAGE)) ??
    assert.fail('the page shows the line of the node');
  await until('the node opens its sealed keys', () => log(machine).includes(line));
  assert.equal(machine.on(`ls ${KEYSTORE}`), '');
  follow(BACK);
  assert.equal(machine.on(`ls ${KEYSTORE} | wc -l`), '2\n');
  machine.on('rm -r /etc/systemd/system/polkadot.service.d; systemctl daemon-reload');
  const [version = ''] = /\d+/.exec(machine.on('systemctl --version')) ?? [];
  stamp(PAGE, `${DEVNODE}, systemd ${version}`);
}
