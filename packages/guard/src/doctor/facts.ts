import type { AnyKeyName, PublicKey } from '../custody/key-name.ts';
import type { Report } from './report.ts';

export type { PublicKey };

/**
 * A reading, or the reason why there is none. `asked` is false if the input for it was not given. An unknown
 * fact never counts as good.
 */
export type Look<Value> = { readonly looked: true; readonly value: Value } | Unread;
export type Unread = { readonly looked: false; readonly why: string; readonly asked: boolean };

export interface KeyFile extends AnyKeyName {
  readonly uid: number;
  /** Permission bits, for example `0o600`. */
  readonly mode: number;
  /** Why its secret does not fit its name; null if it fits. It never shows the secret. */
  readonly secret: Look<string | null>;
}

export interface KeystoreFacts {
  /** Another machine, as ssh names it; null for this one. */
  readonly host: string | null;
  readonly path: string;
  /** Boot of the machine, device and inode: two paths with one identity are one folder. */
  readonly identity: string;
  readonly inMemory: boolean;
  readonly uid: number;
  readonly mode: number;
  readonly keys: readonly KeyFile[];
  /** Names in the folder that are no key files. */
  readonly foreign: readonly string[];
  /** Folders with key files below it, or in the folders of its chains. */
  readonly meant: readonly string[];
  /** Its node has the gate: the state file of the gate lies beside it. */
  readonly gated: boolean;
}

export interface SessionFacts {
  /** SS58 address of the validator account; null if no account registered the given keys. */
  readonly validator: string | null;
  /** The keys of `--key`; null if it was not given. */
  readonly given: readonly PublicKey[] | null;
  /** `Session.NextKeys` of the validator; null if it has none. */
  readonly registered: readonly PublicKey[] | null;
  /** Its author key and `gran` key of the current session; empty if it is not in the set. */
  readonly active: readonly PublicKey[];
  /** Its keys in `Session.QueuedKeys`; null if it is not among the validators of the next session. */
  readonly queued: readonly PublicKey[] | null;
}

/** The keys that the own node says it holds (`author_hasKey`). */
export interface HeldKeys {
  readonly address: string;
  readonly keys: readonly (PublicKey & { readonly held: boolean })[];
}

export interface BlockFacts {
  readonly engine: 'babe' | 'aura';
  /** The own author key in the current set; null if no known key is in it. */
  readonly own: string | null;
  readonly authorities: number;
  /** Finalised blocks of the current set that were read. */
  readonly blocks: number;
  /** How many of them the own key made. */
  readonly authored: number;
  /** Start of the slot of the last one that it made, in Unix milliseconds; null if it made none. */
  readonly lastAuthoredMs: number | null;
}

export interface VoteFacts {
  /** The own `gran` key in the current set; null if no known key is in it. */
  readonly own: string | null;
  readonly authorities: number;
  /** Rounds that reached the threshold of precommits while the doctor listened. */
  readonly rounds: number;
  /** How many of them have a vote of the own key. */
  readonly voted: number;
  /** Rounds that began while the doctor listened, and reached the threshold. */
  readonly later: number;
  /** Rounds that began while the doctor listened, and have a vote of the own key. */
  readonly votedLater: number;
  readonly listenedMs: number;
}

export interface NodeFacts {
  readonly address: string;
  readonly version: string;
  readonly peerId: string;
  /** Multiaddresses on which it listens. */
  readonly listens: readonly string[];
  readonly best: number;
  readonly finalized: number;
  readonly peers: number;
  readonly syncing: boolean;
  readonly shouldHavePeers: boolean;
  /** For example `Authority`, or `Full` for a node without `--validator`. */
  readonly roles: readonly string[];
}

/** Times of blocks by their slots, against the clock of this machine. */
export interface ClockFacts {
  readonly slotMs: number;
  /** For each new best block while the doctor listened: how long after the start of its slot it was seen. */
  readonly agesMs: readonly number[];
  /** The same for the best block at the end. */
  readonly lastAgeMs: number;
}

/** Whether an unsafe method is answered at an address that other machines can reach. */
export interface ExposedRpc {
  readonly address: string;
  readonly unsafe: Look<'answered' | 'refused' | 'closed'>;
}

export interface NodeCommand {
  /** It has a flag of a signer. Null if it has none, and a variable whose value is not known. */
  readonly signs: boolean | null;
  /** It is `watchbill guard run`, or its node has the gate and asks before it signs. */
  readonly guarded: boolean;
  /** It names a keystore password, which is a part of each secret. */
  readonly password: boolean;
}

export interface UnitFacts extends NodeCommand {
  readonly name: string;
  /** `active`, `inactive`, `failed`, `activating`. */
  readonly state: string;
  /** `enabled`, `disabled`, `static`, `generated`. */
  readonly file: string;
  /** It is enabled, or a target wants it. */
  readonly atBoot: boolean;
  /** `always`, `on-failure`, `no`. */
  readonly restart: string;
  /** Null if it never restarts. */
  readonly restartMs: number | null;
  /** Null if there is no watchdog. */
  readonly watchdogMs: number | null;
  /** Units that start it: timers, paths, services that want it. Targets are not among them. */
  readonly startedBy: readonly string[];
}

export type OtherUnit = UnitFacts & { readonly host: string };

/** The label by which watchtower leaves a container alone. */
export const EXEMPT = 'com.centurylinklabs.watchtower.enable';

/** A program, beside systemd, that starts a validator by itself. */
export interface Starter {
  /** The engine of a container; null for cron, a supervisor or a script. */
  readonly engine: 'docker' | 'podman' | 'quadlet' | 'kubelet' | 'watchtower' | null;
  readonly name: string;
  /** For example `/etc/keepalived/notify.sh:3`. */
  readonly place: string;
  /** The line, or the restart policy. */
  readonly how: string;
}

export interface StarterFacts {
  readonly starters: readonly Starter[];
  /** The settings by which an automatic upgrade restarts the unit; null if there are none. */
  readonly upgrade: string | null;
  /** Places that this user cannot read. */
  readonly closed: readonly string[];
  /** Places that exist and were not understood. */
  readonly unknown: readonly string[];
}

/** A single key file that is mounted into a container: `path` there, and `pid` of a process that sees it. */
export type MountedKey = PublicKey & { readonly path: string; readonly pid: number };

/** A process that runs a node. A path is null if it is not known. */
export interface NodeProcess {
  readonly pid: number;
  readonly program: string;
  /** It has a key file open, or its command says so. Null if that is not known. */
  readonly signs: boolean | null;
  readonly basePath: string | null;
  /** Several if its chain is not known. */
  readonly keystores: readonly string[];
  readonly database: string | null;
  /** Where its RPC listens by its flags. */
  readonly url: string;
  readonly unit: string | null;
  /** The unit is one of a user, which only `systemctl --user` shows. */
  readonly ofUser: boolean;
  readonly container: string | null;
  /** Of its base path, then of its keystores. Two processes with one in common use one folder. */
  readonly identities: readonly string[];
}

export interface ProcessFacts {
  readonly nodes: readonly NodeProcess[];
  readonly mounts: readonly MountedKey[];
  /** Folders that the command of Docker names for its data. */
  readonly dataRoots: readonly string[];
  /** How many processes this user cannot look at. */
  readonly closed: number;
}

/** The stake and the rewards of the validator. Amounts are in planck. */
export interface StakingFacts {
  readonly address: string;
  readonly token: { readonly symbol: string; readonly decimals: number };
  readonly era: number;
  /** How many eras the chain keeps (`HistoryDepth`). A reward that is older is lost. */
  readonly depth: number;
  /** Active bond of the stash; null if it has none. */
  readonly bonded: bigint | null;
  /** `MinValidatorBond`. */
  readonly floor: bigint;
  /** Past eras with unpaid rewards, the oldest first, and how many pages each has left. */
  readonly unpaid: readonly { readonly era: number; readonly pages: number }[];
  /** Points of the active era: the own ones, how many validators have any, and how many seats there are. */
  readonly points: {
    readonly own: number;
    readonly earning: number;
    readonly seats: number;
    /** The stash is among the validators of the active era. */
    readonly elected: boolean;
  };
}

/** How long a write of 4 KiB takes until it is durable. */
export interface SyncFacts {
  readonly path: string;
  readonly samples: number;
  /** In milliseconds; 99 of 100 writes take at most this long. */
  readonly p99Ms: number;
}

export interface DatabaseFacts {
  readonly path: string;
  /** When its newest file was written, in Unix milliseconds. */
  readonly newestMs: number;
}

export type DiskFacts = NonNullable<Report['disk']>;

export interface DoctorFacts {
  readonly atMs: number;
  /** The places that were looked at, for example `keystore /var/lib/polkadot/keystore`. */
  readonly places: readonly string[];
  readonly keystores: readonly Look<KeystoreFacts>[];
  /** Names of the key files that are sealed in the folder of a guard. */
  readonly sealed: Look<readonly string[]>;
  readonly session: Look<SessionFacts>;
  readonly held: Look<HeldKeys>;
  readonly staking: Look<StakingFacts>;
  readonly blocks: Look<BlockFacts>;
  readonly votes: Look<VoteFacts>;
  readonly unit: Look<UnitFacts>;
  readonly otherUnits: readonly Look<OtherUnit>[];
  readonly starters: Look<StarterFacts>;
  readonly processes: Look<ProcessFacts>;
  /** Further nodes of this machine that sign, each with the flags that look at it. */
  readonly further: readonly string[];
  readonly own: Look<NodeFacts>;
  /** No process listens at the RPC of the own node, which is on this machine. */
  readonly ownIsDown: boolean;
  readonly others: readonly Look<NodeFacts>[];
  readonly clock: Look<ClockFacts>;
  readonly exposed: Look<readonly ExposedRpc[]>;
  readonly disk: Look<DiskFacts>;
  readonly database: Look<DatabaseFacts>;
  readonly diskSync: Look<SyncFacts>;
}

export const seen = <Value>(value: Value): Look<Value> => ({ looked: true, value });
/** The input was given, and could not be read. */
export const unread = (why: string): Unread => ({ looked: false, why, asked: true });
/** The input was not given. */
export const notAsked = (why: string): Unread => ({ looked: false, why, asked: false });
/** The value of a reading; null without one. */
export const known = <Value>(look: Look<Value>): Value | null => (look.looked ? look.value : null);
