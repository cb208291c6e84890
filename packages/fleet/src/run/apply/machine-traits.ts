/**
 * Facts about a machine in addition to its machine id. A machine that does not show a fact gives no
 * finding: a container has no hardware, and some firmware has no UUID.
 */
export interface MachineTraits {
  /** UUID of the hardware from DMI, in lower case, for example `4c4c4544-0035-4d10-8056-b7c04f4b3332`. */
  readonly dmiUuid: string | null;
  /** Fingerprints of ssh host keys as `ssh-keygen -l` prints them, for example `SHA256:nThbg6kX…`. */
  readonly hostKeys: readonly string[];
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Vendors that set no UUID leave one digit repeated, or a count in either byte order. */
const NO_UUID =
  /^(?:([0-9a-f-])(?:\1|-)*|03000200-0400-0500-0006-000700080009|00020003-0004-0005-0006-000700080009)$/;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
/** sshd has one key for each of four algorithms. */
const MOST_HOST_KEYS = 8;

/** The traits in the lines `dmi UUID` and `key FINGERPRINT`; other lines are left out. */
export function readTraits(lines: readonly string[]): MachineTraits {
  const after = (word: string): readonly string[] =>
    lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length).trim());
  const uuid = after('dmi ')[0]?.toLowerCase() ?? '';
  const hostKeys = after('key ').filter((key) => FINGERPRINT.test(key));
  return {
    dmiUuid: UUID.test(uuid) && !NO_UUID.test(uuid) ? uuid : null,
    hostKeys: [...new Set(hostKeys)].sort().slice(0, MOST_HOST_KEYS),
  };
}

/** A trait that two machines with different machine ids share, although it should differ. */
export function sharedTrait(one: MachineTraits, other: MachineTraits): string | null {
  const key = one.hostKeys.find((found) => other.hostKeys.includes(found));
  if (key !== undefined) return `the same ssh host key ${key}`;
  return one.dmiUuid !== null && one.dmiUuid === other.dmiUuid ? `the same DMI UUID ${one.dmiUuid}` : null;
}

/**
 * A sign that a machine id is on another machine than before: its disk was copied, or moved to other
 * hardware. Null: no such finding. On the same hardware, new host keys are not findings: a person made them.
 */
export function changedTrait(
  before: MachineTraits | undefined,
  now: MachineTraits | undefined,
): string | null {
  if (before === undefined || now === undefined) return null;
  if (before.dmiUuid !== null && now.dmiUuid !== null)
    return before.dmiUuid === now.dmiUuid
      ? null
      : `the DMI UUID ${now.dmiUuid} in place of ${before.dmiUuid}`;
  const [key] = now.hostKeys;
  const [old] = before.hostKeys;
  if (key === undefined || old === undefined || now.hostKeys.some((one) => before.hostKeys.includes(one)))
    return null;
  return `the ssh host key ${key} in place of ${old}`;
}
