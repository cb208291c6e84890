// The files of a booted machine, over the file system of this one.

/**
 * `$1` name, `$2` address, `$3` machine id, `$4` folder with `NAME-host`, `NAME-host.pub`, `client.pub`.
 * Units are enabled one by one, and no generator makes others, so no unit of this machine starts.
 */
export const MAKE_LAYER = `
base=/run/machines/$1
mkdir "$base" "$base/upper" "$base/work" "$base/root"
# To the layer a file that is gone is such a device: at once, where removing what is there would take a minute.
mknod "$base/upper/root" c 0 0
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
cd "$base/root"
rm -rf etc/systemd/system etc/systemd/system-generators etc/ssh var/log/journal
mkdir -p etc/systemd/system/multi-user.target.wants etc/systemd/system-generators etc/ssh var/log/journal root
for generator in /usr/lib/systemd/system-generators/*; do ln -s /dev/null "etc/systemd/system-generators/\${generator##*/}"; done
for unit in ${'getty.target systemd-ask-password-wall.path systemd-ask-password-console.path systemd-logind.service dev-hugepages.mount systemd-tmpfiles-clean.timer systemd-sysusers.service systemd-firstboot.service'}; do
  ln -s /dev/null "etc/systemd/system/$unit"
done
ln -s /usr/lib/systemd/system/ssh.service etc/systemd/system/multi-user.target.wants/ssh.service
printf '%s\\n' "$3" > etc/machine-id
printf '%s\\n' "$1" > etc/hostname
printf '127.0.0.1 localhost\\n%s %s\\n' "$2" "$1" > etc/hosts
install -m 0600 "$4/$1-host" etc/ssh/ssh_host_ed25519_key
install -m 0644 "$4/$1-host.pub" etc/ssh/ssh_host_ed25519_key.pub
install -m 0600 "$4/client.pub" etc/ssh/authorized_keys
cat > etc/ssh/sshd_config <<'END'
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
END
# An account with a mark for "locked" is refused, whatever its key.
sed -i 's/^root:[^:]*:/root:*:/' etc/shadow
ip netns add "$1"
ip link add "$1" type veth peer name host0 netns "$1"
ip link set "$1" master lan up
ip -n "$1" addr add "$2/24" dev host0
ip -n "$1" link set host0 up
ip -n "$1" link set lo up
`;

/**
 * `$1` name, and then more flags of systemd-nspawn. Its network outlives the boot, so that a machine that is
 * booted again has it at once.
 */
export const BOOT = `name=$1; shift
exec systemd-nspawn --quiet --boot --directory="/run/machines/$name/root" --machine="$name" \
--register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off --console=read-only \
--network-namespace-path="/run/netns/$name" --capability=CAP_NET_ADMIN,CAP_BPF --system-call-filter=bpf --kill-signal=SIGRTMIN+3 "$@"`;
