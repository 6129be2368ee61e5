/** Why a name is kept out, and whether a person needs to be told about it. */
export interface SecretName {
  readonly reason: string;
  /** True for what is in every project: a finding about it would be noise. */
  readonly silent: boolean;
}

type Rule = readonly [pattern: RegExp, reason: string, silent?: "silent"];

/** Folders, by lower-case name. Nothing below them is looked at. */
const folderRules: readonly Rule[] = [
  [/^\.(git|hg|svn|bzr|jj)$/u, "version control keeps credentials and deleted text", "silent"],
  [/^\.clawkeep$/u, "an index does not index itself", "silent"],
  [/^\.ssh$/u, "SSH keys"],
  [/^\.gnupg$/u, "OpenPGP keys"],
  [/^\.(aws|azure|oci|aliyun|gcloud)$/u, "cloud credentials"],
  [/^gcloud$/u, "Google Cloud credentials"],
  [/^\.(kube|minikube)$/u, "Kubernetes credentials"],
  [/^\.docker$/u, "container registry credentials"],
  [/^\.(password-store|1password|bitwarden)$/u, "password store"],
  [/^(keyrings|keychains)$/u, "desktop keyring"],
  [/^\.(mozilla|thunderbird)$/u, "browser profile with cookies and passwords"],
  [/^\.(terraform\.d|vault)$/u, "infrastructure credentials"],
];

/** Files, by lower-case name. */
const fileRules: readonly Rule[] = [
  [/^\.env/u, "environment file"],
  [/\.env$/u, "environment file"],
  [/\.(pem|key|p8|p12|pfx|jks|keystore|ppk|pkcs12|der)$/u, "private key or key store"],
  [/^id_(rsa|dsa|ecdsa|ed25519|xmss)(_sk)?($|[^a-z0-9])(?!pub$)/u, "SSH private key"],
  [/^(ssh_host_.*_key|identity|authorized_keys|known_hosts|\.rhosts|\.shosts)$/u, "SSH key file"],
  [/\.(kdb|kdbx|psafe3|agilekeychain|opvault|keychain|keychain-db)$/u, "password database"],
  [/\.(gpg|pgp|age)$/u, "encrypted or key material"],
  [/^[._]?netrc(\.gpg)?$/u, "login file"],
  [/^\.(npmrc|yarnrc\.yml|pypirc|gemrc|terraformrc|condarc|nuget\.config)$/u, "registry token"],
  [/^\.(pgpass|my\.cnf|mylogin\.cnf|mongorc\.js|dbshell)$/u, "database password"],
  [
    /^\.(git-credentials|htpasswd|vault-token|boto|s3cfg|dockercfg|esmtprc|msmtprc|fetchmailrc)$/u,
    "stored password",
  ],
  [/^\.?htpasswd$/u, "stored password"],
  [/^credentials(\.(json|ya?ml|toml|ini|csv|db|xml|properties))?$/u, "credentials file"],
  [/^\.credentials(\.json)?$/u, "credentials file"],
  [
    /^(application_default_credentials|adc|service[-_]?account.*|client_secret.*)\.json$/u,
    "cloud credentials",
  ],
  [/^(.*\.)?kubeconfig(\.ya?ml)?$/u, "Kubernetes credentials"],
  [/^secrets?(\.[a-z0-9_-]+)?\.(json|ya?ml|toml|ini|properties|xml|conf)$/u, "secrets file"],
  [/^(.*\.)?auth\.json$/u, "stored login"],
  [/^auth-profiles\.json$/u, "stored login"],
  [/\.tfstate(\.backup)?$/u, "infrastructure state holds secrets in clear"],
  [/\.(auto\.)?tfvars(\.json)?$/u, "infrastructure secrets"],
  [/\.ovpn$/u, "VPN key"],
  [/^wg[0-9]+\.conf$/u, "VPN key"],
  [/^(wallet\.dat|keystore\.json)$/u, "wallet"],
  [/^\.?[a-z0-9_.-]*_history$/u, "command history"],
  [/^\.(histfile|lesshst|viminfo|recently-used)$/u, "command history"],
  [/^(shadow|gshadow|master\.passwd)-?$/u, "password hashes"],
  [/^(logins\.json|key[34]\.db|cookies(\.sqlite)?|login data|web data)$/u, "browser secrets"],
];

/** Files by their lower-case path, where the name alone says nothing. */
const pathRules: readonly Rule[] = [
  [/(^|\/)\.config\/(gh|hub|op|doctl|rclone|containers|git)\//u, "stored login"],
  [/(^|\/)\.local\/share\/fish\/fish_history$/u, "command history"],
  [/(^|\/)\.cargo\/credentials(\.toml)?$/u, "registry token"],
  [/(^|\/)\.gem\/credentials$/u, "registry token"],
  [/(^|\/)\.m2\/settings(-security)?\.xml$/u, "registry token"],
  [/(^|\/)\.gradle\/gradle\.properties$/u, "registry token"],
];

/** Says why nothing in a folder of this name is ever read; undefined for other names. */
export function secretFolder(name: string): SecretName | undefined {
  return firstMatch(folderRules, name.toLowerCase());
}

/** Says why a file is never read, by its name or by its path relative to the root. */
export function secretFile(path: string): SecretName | undefined {
  const lower = path.toLowerCase();
  const name = lower.slice(lower.lastIndexOf("/") + 1);
  return firstMatch(fileRules, name) ?? firstMatch(pathRules, lower);
}

function firstMatch(rules: readonly Rule[], text: string): SecretName | undefined {
  const rule = rules.find(([pattern]) => pattern.test(text));
  return rule === undefined ? undefined : { reason: rule[1], silent: rule[2] === "silent" };
}
