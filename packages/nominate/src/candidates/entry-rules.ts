import { readAddress, writeAddress } from '@watchbill/chain/address';
import { hasHidden } from '@watchbill/kit';
import { isNodeAddress } from '../address/ip.ts';
import { KUSAMA_PREFIX, type ListRules, PLACE_KEYS } from './candidate.ts';
import { findingOf, type RawEntry } from './entry.ts';
import { type Finding, type ListRule, shown } from './finding.ts';

const LONGEST_NAME = 64;
/** In the form of Matrix, for example `@operator:example.org`. */
const LONGEST_HANDLE = 255;
/** The limit of a snapshot. */
const MOST_HANDLES = 64;
const HANDLE = /^@[^\s:@<>"]+:[^\s:@<>"/]+\.[^\s:@<>"/.]+$/;

/** Rules that check one entry by itself. */
export function entryFindings(entry: RawEntry, rules: ListRules): readonly Finding[] {
  return [
    ...slotFindings(entry),
    ...nameFindings(entry),
    ...stashFindings(entry, rules),
    ...kusamaFindings(entry),
    ...handleFindings(entry),
    ...networkIdFindings(entry),
    ...placeFindings(entry),
    ...addressFindings(entry),
  ];
}

/** The base58 form that nodes print: of an ed25519 key, or of the hash of another key. */
const NETWORK_ID = /^(12D3KooW[1-9A-HJ-NP-Za-km-z]{44}|Qm[1-9A-HJ-NP-Za-km-z]{44})$/;
const MOST_NETWORK_IDS = 16;

function networkIdFindings(entry: RawEntry): readonly Finding[] {
  const { networkIds = [] } = entry;
  const remedy =
    'copy it from `system_localPeerId`, or from the log of the node: `Local node identity is: 12D3KooW…`';
  const found = networkIds
    .filter((id) => !NETWORK_ID.test(id))
    .map((id) => findingOf(entry, 'bad-network-id', 'networkIds', `${shown(id)} is not a peer id`, remedy));
  if (networkIds.length <= MOST_NETWORK_IDS) return found;
  const message = `${networkIds.length} peer ids are declared, at most ${MOST_NETWORK_IDS} can be`;
  return [
    ...found,
    findingOf(entry, 'bad-network-id', 'networkIds', message, 'remove those of nodes that no longer exist'),
  ];
}

const LONGEST_PLACE = 128;

function placeFindings(entry: RawEntry): readonly Finding[] {
  return PLACE_KEYS.flatMap((key) => {
    const text = entry[key];
    if (text === undefined || (text.trim() !== '' && text.length <= LONGEST_PLACE && !hasHidden(text)))
      return [];
    const message = `the ${key} is empty, longer than ${LONGEST_PLACE} characters, or has invisible characters: ${shown(text)}`;
    return [findingOf(entry, 'bad-place', key, message, `write the ${key} in plain text, or leave it out`)];
  });
}

/** The message does not repeat the value: a text that is nearly an address still reveals a machine. */
function addressFindings(entry: RawEntry): readonly Finding[] {
  const { address } = entry;
  if (address === undefined || isNodeAddress(address.trim())) return [];
  const remedy =
    'write an IP address or a full DNS name, without a port and without a scheme, or leave it out';
  return [
    findingOf(entry, 'bad-address', 'address', 'the address is neither an IP address nor a DNS name', remedy),
  ];
}

function slotFindings(entry: RawEntry): readonly Finding[] {
  const { slotId } = entry;
  // JSON has a -0, which no snapshot can hold.
  const isSlot = Number.isSafeInteger(slotId) && !Object.is(slotId, -0);
  if (slotId === undefined || (isSlot && slotId >= 0)) return [];
  return [
    findingOf(
      entry,
      'bad-slot',
      'slotId',
      `slotId ${Object.is(slotId, -0) ? '-0' : slotId} is not an integer from 0`,
      'give it the next free number',
    ),
  ];
}

function nameFindings(entry: RawEntry): readonly Finding[] {
  const { name } = entry;
  if (name === undefined) return [];
  const found: Finding[] = [];
  const add = (rule: ListRule, message: string, remedy: string) =>
    found.push(findingOf(entry, rule, 'name', message, remedy));
  const length = [...name].length;
  if (hasHidden(name)) {
    add(
      'hidden-characters',
      `the name has invisible characters: ${shown(name)}`,
      'type the name again without them',
    );
  }
  if (name.trim() === '')
    add('empty-name', 'the name is empty', 'write the name that the node shows in telemetry');
  else if (name !== name.trim()) {
    const remedy = 'remove the blank, here and in the command line of the node if it has it too';
    add('stray-blanks', `the name begins or ends with a blank: ${shown(name)}`, remedy);
  }
  if (length > LONGEST_NAME) {
    add(
      'long-name',
      `the name has ${length} characters`,
      `shorten it to ${LONGEST_NAME}; telemetry shows no more`,
    );
  }
  if (/[<>&"]/.test(name)) {
    add(
      'markup-in-name',
      `the name contains a character of HTML: ${shown(name)}`,
      'choose a name without < > & and quotes',
    );
  }
  return found;
}

function stashFindings(entry: RawEntry, { network, prefix }: ListRules): readonly Finding[] {
  const { stash } = entry;
  if (stash === undefined) return [];
  const address = readAddress(stash);
  if (address === null) {
    return [
      findingOf(
        entry,
        'bad-stash',
        'stash',
        'the value is not an SS58 address',
        'copy the address of the stash account again',
      ),
    ];
  }
  if (address.prefix === prefix) return [];
  const right = writeAddress({ prefix, publicKey: address.publicKey });
  return [
    findingOf(
      entry,
      'wrong-prefix',
      'stash',
      `the stash is written for prefix ${address.prefix}, ${network} has ${prefix}`,
      `write ${right}`,
    ),
  ];
}

function kusamaFindings(entry: RawEntry): readonly Finding[] {
  const { kusamaStash } = entry;
  if (kusamaStash === undefined) return [];
  const address = readAddress(kusamaStash);
  if (address === null) {
    return [
      findingOf(
        entry,
        'bad-kusama-stash',
        'kusamaStash',
        'the value is not an SS58 address',
        'copy the address of the Kusama stash again',
      ),
    ];
  }
  if (address.prefix === KUSAMA_PREFIX) return [];
  const right = writeAddress({ prefix: KUSAMA_PREFIX, publicKey: address.publicKey });
  return [
    findingOf(
      entry,
      'kusama-prefix',
      'kusamaStash',
      `the kusamaStash is written for prefix ${address.prefix}, Kusama has ${KUSAMA_PREFIX}`,
      `write ${right}`,
    ),
  ];
}

function handleFindings(entry: RawEntry): readonly Finding[] {
  const { riotHandle = [], handleIsList } = entry;
  const bad = riotHandle.filter(
    (handle) => handle.length > LONGEST_HANDLE || !HANDLE.test(handle) || hasHidden(handle),
  );
  const found = bad.map((handle) =>
    findingOf(
      entry,
      'bad-handle',
      'riotHandle',
      `${shown(handle)} is not a Matrix handle`,
      'write @local:domain.tld',
    ),
  );
  if (!handleIsList) return found;
  const count = riotHandle.length;
  const message = `${count} handles are named, at most ${MOST_HANDLES} can be`;
  const tooMany = findingOf(entry, 'bad-handle', 'riotHandle', message, 'name those of its operator only');
  return [
    ...found,
    ...(count > MOST_HANDLES ? [tooMany] : []),
    findingOf(
      entry,
      'several-handles',
      'riotHandle',
      `a list of ${count} handles; the first names the operator`,
      'none needed, if that is intended',
    ),
  ];
}
