# Debian's packages without the machine's apt: lists, cache, sources, keys and the file of what is
# installed are ours, so that nothing of the machine's changes, and no suite or architecture of ours
# is ever offered there. Signatures are checked with the keys of debian-archive-keyring. Sourced.
# shellcheck shell=bash

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# mirror_of LABEL VARIABLE: where the machine's own apt has Debian's packages with this label of
# their Release file; the variable overrides it.
mirror_of() {
  local label=$1 variable=$2 site
  if [[ -n ${!variable:-} ]]; then
    echo "${!variable}"
    return
  fi
  # SC2016: the format is apt's, not the shell's.
  # shellcheck disable=SC2016
  site=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(SITE)' 'Created-By: Packages' |
    awk -F'|' -v label="$label" '$1 == "Debian" && $2 == label { print $3; exit }')
  [[ -n $site ]] || die "apt here knows no mirror of '$label': run apt-get update, or set $variable"
  echo "$site"
}

# write_sources FILE RELEASE
write_sources() {
  local main security
  main=$(mirror_of Debian MLOCKSCOPE_VM_MIRROR)
  security=$(mirror_of Debian-Security MLOCKSCOPE_VM_SECURITY_MIRROR)
  {
    echo "deb [signed-by=$keyring] $main $2 main"
    echo "deb [signed-by=$keyring] $security $2-security main"
    # Newer kernels come by way of the backports of the release we build against.
    [[ $2 != bookworm ]] || echo "deb [signed-by=$keyring] $main $2-backports main"
  } >"$1"
}

# write_apt_config FOLDER ARCHITECTURE
write_apt_config() {
  local folder=$1 architecture=$2
  {
    # How packages are reached, and no other of the machine's settings.
    apt-config dump | grep -E '^Acquire::(https?|Retries)[: ]' || true
    cat <<SETTINGS
Dir::State "$folder/state";
Dir::State::status "$folder/status";
Dir::Cache "$folder/cache";
Dir::Etc "$folder/etc";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "$folder/etc/none";
Dir::Etc::sourceparts "$folder/etc/none";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "$folder/etc/none";
Dir::Log "$folder/log";
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
SETTINGS
  } >"$folder/apt.conf"
  chmod 600 "$folder/apt.conf" # a proxy may have a password
}

# use_apt RELEASE ARCHITECTURE: from here on, apt_get and apt_cache are of that release.
use_apt() {
  local release=$1 architecture=$2
  [[ -r $keyring ]] || die "no $keyring: install debian-archive-keyring"
  apt_folder=$cache/apt-$release-$architecture
  mkdir -p "$apt_folder"/{state/lists/partial,cache/archives/partial,etc/none,log}
  : >"$apt_folder/status"
  write_sources "$apt_folder/etc/sources.list" "$release"
  write_apt_config "$apt_folder" "$architecture"
}

apt_get() { APT_CONFIG=$apt_folder/apt.conf apt-get -q "$@"; }
apt_cache() { APT_CONFIG=$apt_folder/apt.conf apt-cache "$@"; }

# A list that cannot be had is an error: without that option apt-get only warns.
apt_update() {
  apt_get -o APT::Update::Error-Mode=any update >"$apt_folder/log/update" 2>&1 || {
    cat "$apt_folder/log/update" >&2
    die "the lists of packages cannot be had"
  }
}

# apt_download FOLDER PACKAGE...: into the folder. apt-get compares each with the hash in the list.
apt_download() {
  local folder=$1
  shift
  mkdir -p "$folder"
  (cd "$folder" && apt_get download "$@" >"$apt_folder/log/download" 2>&1) || {
    tail -n 20 "$apt_folder/log/download" >&2
    die "cannot be had: $*"
  }
}
