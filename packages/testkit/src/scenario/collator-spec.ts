import { readFileSync, writeFileSync } from 'node:fs';
import type { DevName } from '../nodes/dev-keys.ts';
import { devKey } from '../nodes/dev-keys.ts';
import { address, CODE_KEY, exported, genesisPatch, rawSpecFile } from './relay-spec.ts';

/** The parachain: People of Westend. */
export const PARA_ID = 1004;
const PARA_SOURCE = 'people-2026';
const RELAY_SOURCE = 'relay-2026';
const PARA_SPEC_ID = 'people-one';
/** Also the name of the chain's folder. */
export const RELAY_SPEC_ID = 'westend-with-people';
const BALANCE = 10 ** 18;
const CANDIDACY_BOND = 16 * 10 ** 9;
const XCM_VERSION = 5;

/**
 * The host configuration of Westend's own local preset, in the parts that the defaults of the runtime do not
 * have. Bits 0, 1 and 3 of the features are those of a network with candidate receipts of version 2.
 */
const HOST_CONFIGURATION = {
  max_code_size: 5_242_880,
  max_head_data_size: 32_768,
  max_upward_queue_count: 8,
  max_upward_queue_size: 1_048_576,
  max_upward_message_size: 51_200,
  max_upward_message_num_per_candidate: 5,
  hrmp_max_message_num_per_candidate: 5,
  validation_upgrade_cooldown: 2,
  validation_upgrade_delay: 2,
  max_pov_size: 10_485_760,
  max_downward_message_size: 1_048_576,
  code_retention_period: 1_200,
  no_show_slots: 2,
  n_delay_tranches: 25,
  needed_approvals: 2,
  relay_vrf_modulo_samples: 2,
  minimum_validation_upgrade_delay: 5,
  minimum_backing_votes: 2,
  node_features: { order: 'bitvec::order::Lsb0', head: { width: 8, index: 0 }, bits: 8, data: [11] },
  approval_voting_params: { max_approval_coalesce_count: 5 },
  scheduler_params: { group_rotation_frequency: 20, paras_availability_period: 4, lookahead: 3 },
};

/** Raw specifications, files. */
export interface CollatorSpecs {
  readonly parachain: string;
  readonly relay: string;
}

export interface CollatorSpecOptions {
  /** The node of `substrate/`, which lets a runtime make its genesis. */
  readonly binary: string;
  /** The collator, which makes the genesis head of its chain. */
  readonly collator: string;
  /** Of the relay chain. */
  readonly validators: readonly DevName[];
  /** The only authority of the parachain. */
  readonly identity: DevName;
  /** The part of BABE in the genesis of the relay chain. Default: as on Westend. */
  readonly babe?: object;
  /** Differences from {@link HOST_CONFIGURATION}. */
  readonly host?: object;
  /** Gets the files. */
  readonly folder: string;
}

/** Writes the specifications of a parachain with one authority, and of a relay chain with a core for it. */
export function collatorSpecFiles(options: CollatorSpecOptions): CollatorSpecs {
  const { binary, validators, folder, host } = options;
  const genesis = genesisPatch(validators);
  const parachain = rawSpecFile(binary, {
    source: PARA_SOURCE,
    id: PARA_SPEC_ID,
    patch: parachainPatch(options.identity),
    folder,
  });
  nameRelayChain(parachain);
  const relay = rawSpecFile(binary, {
    source: RELAY_SOURCE,
    id: RELAY_SPEC_ID,
    patch: {
      ...genesis,
      babe: options.babe ?? genesis.babe,
      configuration: { config: { ...HOST_CONFIGURATION, ...host } },
      // Era points stay where they are counted: there is no Asset Hub that takes them.
      stakingAhClient: { operatingMode: 'Buffered' },
      paras: { paras: [[PARA_ID, registration(options.collator, parachain)]] },
    },
    folder,
  });
  return { parachain, relay };
}

function parachainPatch(identity: DevName): object {
  const account = address(devKey(identity).sr25519);
  return {
    parachainInfo: { parachainId: PARA_ID },
    balances: { balances: [[account, BALANCE]] },
    collatorSelection: { invulnerables: [account], candidacyBond: CANDIDACY_BOND },
    session: { keys: [[account, account, { aura: account }]] },
    polkadotXcm: { safeXcmVersion: XCM_VERSION },
  };
}

/** The node that made the file drops the two fields that a collator looks for. */
function nameRelayChain(file: string): void {
  const spec = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...spec, para_id: PARA_ID, relay_chain: RELAY_SPEC_ID }));
}

/** The genesis of the parachain for the genesis of the relay chain, which also assigns it a core then. */
function registration(collator: string, spec: string): object {
  const head = exported(collator, 'export-genesis-head', '--chain', spec).trim();
  const { genesis } = JSON.parse(readFileSync(spec, 'utf8')) as {
    genesis: { raw: { top: Readonly<Record<string, string>> } };
  };
  return { genesis_head: head, validation_code: genesis.raw.top[CODE_KEY], parachain: true };
}
