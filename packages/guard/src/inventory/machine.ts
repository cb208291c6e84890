import { hexOf } from '@watchbill/chain';
import { accountOfText } from '@watchbill/chain/extrinsics';
import { anyKeyNameOf, type PublicKey } from '../custody/key-name.ts';
import { mapped } from '../inspect/look.ts';
import { runOn, type SshOptions } from '../inspect/remote.ts';
import { type Place, seenPlace, type Target, unseen } from './place.ts';

/** For one machine, connection included. */
const DEADLINE_MS = 30_000;
const SEARCH_SECONDS = 20;
const MOST_AT_ONCE = 16;

/** Looks at all machines, some at the same time. The answers are in the order of the machines. */
export async function inspectMachines(
  targets: readonly Target[],
  options: SshOptions,
): Promise<readonly Place[]> {
  const places = await mapped(targets, MOST_AT_ONCE, async ({ name, at, way }) => {
    const answer = await runOn(at, SEARCH, { ...options, deadlineMs: DEADLINE_MS, ...way });
    return answer.looked ? placesOf(name, answer.value) : [unseen(name, answer.why)];
  });
  return places.flat();
}

/** The peers that announce each authority, in the file that a validator keeps of the others. */
const PEERS = `awk -F'"' '/: \\[/ { id = $2 } /.p2p./ { n = split($2, part, "/"); print "peer\\t" id "\\t" part[n] }'`;

/** File systems of disks that are searched, and those that hold no file of a person. */
const DISKS = 'ext[234]|xfs|btrfs|zfs|f2fs|bcachefs|jfs|reiserfs|vfat|exfat|ntfs3|tmpfs|ramfs';
const NONE =
  'proc|sysfs|(debug|trace|security|config|selinux|hugetlb|efivar)fs|binfmt_misc|cgroup2?|dev(pts|tmpfs)|mqueue|pstore|bpf|autofs|fusectl|rpc_pipefs|nsfs|nfsd|resctrl|rootfs|overlay|squashfs|erofs|iso9660|fuse[.](lxcfs|snapfuse|portal|gvfsd-fuse|fuse-overlayfs)';

/**
 * Prints the boot id, disks that are not searched, each folder with key files and its identity, and the end
 * of the search. Of keys it reads names alone, and it writes no file. Databases have thousands of files and
 * no keys. A node writes its addresses every ten minutes, so an older file is a copy.
 */
const SEARCH = `export LC_ALL=C
cat /proc/sys/kernel/random/boot_id
disks=$(awk '$3 ~ /^(${DISKS})$/ && $2 != "/" && $2 !~ /\\\\/ { print $2 }' /proc/mounts)
awk '$3 !~ /^(${NONE})$/ && ($2 ~ /\\\\/ || $3 !~ /^(${DISKS})$/) { print "away\\t" $2 }' /proc/mounts
{ timeout ${SEARCH_SECONDS} find / $disks -xdev \\
  \\( -path /proc -o -path /sys -o -path '*/chains/*/db' -o -path '*/chains/*/paritydb' \\) -prune -o \\
  -type f -regextype posix-extended -regex '.*/([2-7][0-9a-f]){4}[0-9a-f]{64}([0-9a-f]{2})?([0-9a-f]{192,})?' \\
  -printf 'key\\t%h\\t%f\\n' -o -type f -name authority_discovery_addr_cache.json -mmin -60 -printf 'cache\\t%p\\n'
  printf 'end\\t%s\\n' $?; } 2>&1 | while IFS='\t' read -r what folder file; do
  case $what in
    key) [ "$folder" = "$last" ] || printf 'dir\\t%s\\t%s\\n' "$(stat -L -c %d:%i -- "$folder")" "$folder"
      last=$folder; printf 'key\\t%s\\n' "$file" ;;
    cache) [ -r "$folder" ] || closed=$((closed + 1)); ${PEERS} "$folder" | sort -u ;;
    end) printf 'end\\t%s\\t%s\\n' "$folder" "$closed" ;;
    *'No such file or directory') ;;
    *) closed=$((closed + 1)) ;;
  esac
done
`;

const LINE = /^(?<what>dir|key|end|away|peer)\t(?<first>[^\t]*)(?:\t(?<second>.*))?$/;

function placesOf(name: string, text: string): readonly Place[] {
  const [boot = '', ...lines] = text.trimEnd().split('\n');
  const places: (Place & { readonly keys: PublicKey[] })[] = [];
  const away: Place[] = [];
  let end: string | null = null;
  for (const line of lines) {
    const { what, first = '', second = '' } = LINE.exec(line)?.groups ?? {};
    const key = what === 'key' ? anyKeyNameOf(first) : null;
    if (what === 'dir')
      places.push({ ...seenPlace(`${name}:${second}`), identity: `${boot} ${first}`, keys: [] });
    else if (what === 'away') away.push(unseen(`${name}:${first}`, 'the doctor does not search this disk'));
    else if (what === 'peer') away.push(...peerOf(name, first, second));
    else if (what === 'end') end = endText(first, Number(second));
    else if (key !== null) places.at(-1)?.keys.push(key);
    else end ??= 'its answer has lines that are no key files: does its login print a text?';
  }
  const why = end ?? (/^[0-9a-f-]{36}$/.test(boot) ? 'its search did not end' : 'its login prints a text');
  return [...places, ...away, seenPlace(name, { why: why === '' ? null : why })];
}

function peerOf(name: string, authority: string, id: string): readonly Place[] {
  const account = accountOfText(authority);
  if (account === null) return [];
  const keys = [{ kind: 'audi', publicKey: hexOf(account) }];
  const signers = [`peer ${id}, in the addresses that ${name} knows`];
  return [seenPlace(`peer ${id}`, { keys, signers, forMachine: '' })];
}

/** Empty if the search saw everything. */
function endText(status: string, closed: number): string {
  if (status === '124') return `its disks were not searched in full within ${SEARCH_SECONDS} s`;
  if (closed > 0) return `its user may not search ${closed} folders: name root, or a user with sudo`;
  return ['0', '1'].includes(status) ? '' : `its search ended with status ${status}`;
}
