import type { Infrastructure } from '../../../network/infrastructure.ts';
import { type CloudScene, secondOctet, vpnRange } from './scene.ts';

/** Who administrators are on the jump host of every cloud. */
export const JUMP_USER = 'fleet';

/**
 * What the jump host runs when it boots for the first time; on some clouds at each boot, so a second run changes nothing.
 * In this order, since each step may fail: the user gets in and becomes root, then root is shut out, then the VPN. Keys are born on
 * the host and stay; what is told on the console is public.
 */
export function jumpScript(scene: CloudScene): string {
  const { infrastructure } = scene;
  const parts = [
    START,
    userPart(infrastructure.sshPublicKey),
    PACKAGES,
    SSH,
    forwardPart(scene),
    vpnPart(scene),
    TELL,
  ];
  return `${parts.join('\n')}\n`;
}

const START = `#!/bin/sh
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive
umask 022
tell() {
  printf '%s\\n' "$1"
  # The console is what the cloud shows to those who own the account. Not every machine has one.
  { printf '%s\\n' "$1" > /dev/console; } 2> /dev/null || true
}
ended() {
  status=$?
  [ "$status" = 0 ] || tell "watchbill: the jump host is not ready, a step ended with $status; see /var/log/cloud-init-output.log"
}
trap ended EXIT
begun() {
  systemctl enable "$1"
  systemctl restart "$1" && return
  systemctl status --no-pager --lines 50 "$1" || true
  return 1
}
`;

/** The comment of the key is left out: the script has words of the file in it only where they cannot mean anything else. */
function userPart(sshPublicKey: string): string {
  const key = sshPublicKey.split(/\s+/, 2).join(' ');
  return `key='${key}'
printf '%s\\n' "$key" | ssh-keygen -l -f - > /dev/null
id ${JUMP_USER} > /dev/null 2>&1 || useradd --create-home --shell /bin/bash ${JUMP_USER}
# No password, and yet not locked: without PAM, sshd refuses who is locked.
usermod --password '*' ${JUMP_USER}
home=/home/${JUMP_USER}/.ssh
install -d -m 0700 -o ${JUMP_USER} -g "$(id -gn ${JUMP_USER})" "$home"
touch "$home/authorized_keys"
grep -qxF "$key" "$home/authorized_keys" || printf '%s\\n' "$key" >> "$home/authorized_keys"
chmod 0600 "$home/authorized_keys"
chown "${JUMP_USER}:$(id -gn ${JUMP_USER})" "$home/authorized_keys"
`;
}

const PACKAGES = `# Nothing here may read what is given to this shell: it may be the rest of this script.
installed() {
  apt-get -o DPkg::Lock::Timeout=300 update < /dev/null &&
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends sudo openssh-client nftables wireguard-tools < /dev/null
}
# The network is not always there at once.
installed || { sleep 30 && installed; } || { sleep 90 && installed; }
printf '%s\\n' '${JUMP_USER} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/60-watchbill
chmod 0440 /etc/sudoers.d/60-watchbill
`;

/** `enters` logs in as administrators will, with a key that is made for it, is taken from this host alone and is gone afterwards. */
const SSH = `# Seconds that no correction of the clock moves.
up() { cut -d. -f1 /proc/uptime; }
enters() {
  try=/run/watchbill-try
  rm -rf "$try"
  mkdir -m 0700 "$try"
  ssh-keygen -q -t ed25519 -N '' -C watchbill-try -f "$try/key"
  printf 'from="127.0.0.1,::1" %s\\n' "$(cat "$try/key.pub")" >> "$home/authorized_keys"
  got=1
  refused=0
  last=$(($(up) + 60))
  while :; do
    code=0
    said=$(ssh -n -F /dev/null -i "$try/key" -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=10 -o LogLevel=ERROR \\
      -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null ${JUMP_USER}@127.0.0.1 sudo -n true 2>&1) || code=$?
    if [ "$code" = 0 ]; then
      got=0
      break
    fi
    printf 'watchbill: the try to log in ended with %s: %s\\n' "$code" "$said"
    # A machine that is still starting answers late, or not at all; sshd with settings that refuse answers at once.
    case "$code $said" in
      255*'Permission denied'*) refused=$((refused + 1)) ;;
      255*) ;;
      *) refused=$((refused + 1)) ;;
    esac
    [ "$refused" -lt 5 ] && [ "$(up)" -lt "$last" ] || break
    sleep 1
  done
  sed -i '/ watchbill-try$/d' "$home/authorized_keys"
  rm -rf "$try"
  return "$got"
}
# Whoever is not let in here would not be let in later either: then root keeps the way that the cloud made.
enters
cp -p /etc/ssh/sshd_config /etc/ssh/sshd_config.delivered
grep -qi '^Include .*/sshd_config.d/' /etc/ssh/sshd_config || sed -i '1i Include /etc/ssh/sshd_config.d/*.conf' /etc/ssh/sshd_config
mkdir -p /etc/ssh/sshd_config.d
# Of settings that are given twice sshd takes the first, so this file is the first.
closed=/etc/ssh/sshd_config.d/00-watchbill.conf
printf '%s\\n' 'PermitRootLogin no' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' > "$closed"
if ! { sshd -T | grep -qx 'permitrootlogin no' && systemctl reload ssh && enters; }; then
  rm -f "$closed"
  mv /etc/ssh/sshd_config.delivered /etc/ssh/sshd_config
  systemctl reload ssh
  tell 'watchbill: with root shut out, nobody could log in; root is let in as before'
  exit 1
fi
rm -f /etc/ssh/sshd_config.delivered
`;

/** Peers of the VPN reach the private network and nothing else, under the address of the jump host: so no route leads back to them. */
function forwardPart(scene: CloudScene): string {
  const peers = vpnRange(scene);
  return `cat > /etc/nftables.conf <<'WATCHBILL_END'
#!/usr/sbin/nft -f
flush ruleset
table inet watchbill {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "wg0" oifname != "wg0" ip saddr ${peers} ip daddr ${scene.infrastructure.cidr} accept
  }
  chain leave {
    type nat hook postrouting priority srcnat; policy accept;
    oifname != "wg0" ip saddr ${peers} masquerade
  }
}
WATCHBILL_END
begun nftables
printf '%s\\n' 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/60-watchbill.conf
sysctl -p /etc/sysctl.d/60-watchbill.conf
`;
}

function vpnPart(scene: CloudScene): string {
  const { wireguardPort, wireguard } = scene.infrastructure;
  return `umask 077
mkdir -p /etc/wireguard
test -s /etc/wireguard/private.key || wg genkey > /etc/wireguard/private.key
wg pubkey < /etc/wireguard/private.key > /etc/wireguard/public.key
cat > /etc/wireguard/wg0.conf <<'WATCHBILL_END'
[Interface]
Address = 10.${secondOctet(scene)}.255.1/24
ListenPort = ${wireguardPort}
PostUp = wg set %i private-key /etc/wireguard/private.key
${wireguard.map(peerPart).join('')}WATCHBILL_END
begun wg-quick@wg0
umask 022
`;
}

function peerPart({ name, publicKey, address }: Infrastructure['wireguard'][number]): string {
  return `\n# ${name}\n[Peer]\nPublicKey = ${publicKey}\nAllowedIPs = ${address}\n`;
}

/** The console shows these lines, and above its prompt for a login they stay. */
const TELL = `mkdir -p /etc/issue.d
{
  sshd -T | sed -n 's/^hostkey //p' | while read -r one; do
    [ ! -f "$one" ] || printf 'watchbill: ssh %s\\n' "$(ssh-keygen -l -f "$one" | sed 's/^[0-9]* \\(SHA256:[^ ]*\\) .* /\\1 /')"
  done
  printf 'watchbill: vpn %s\\n' "$(cat /etc/wireguard/public.key)"
} > /etc/issue.d/60-watchbill.issue
# Prompts that stand on a console already are written anew.
agetty --reload 2> /dev/null || true
tell "$(cat /etc/issue.d/60-watchbill.issue)"`;
