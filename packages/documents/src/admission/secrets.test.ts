import { describe, expect, test } from "vitest";

import { findSecretContent } from "./secret-content.ts";
import { secretFile, secretFolder } from "./secret-names.ts";

describe("names of secrets", () => {
  test.each([
    ".env",
    ".env.production",
    "config/prod.env",
    "TLS.PEM",
    "a/b/private.key",
    "cert.p12",
    "id_rsa",
    "id_ed25519_sk",
    "id_rsa.bak",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".git-credentials",
    "credentials",
    "credentials.json",
    "service-account-prod.json",
    "application_default_credentials.json",
    "kubeconfig",
    "dev.kubeconfig.yaml",
    "secrets.yaml",
    "secrets.prod.yml",
    "passwords.kdbx",
    ".bash_history",
    ".python_history",
    ".viminfo",
    "terraform.tfstate",
    "prod.tfvars",
    "client.ovpn",
    ".config/gh/hosts.yml",
    ".cargo/credentials.toml",
    "shadow",
    ".htpasswd",
  ])("%s is one", (path) => {
    expect(secretFile(path)?.reason).toEqual(expect.any(String));
  });

  test.each([
    "README.md",
    "environment.md",
    "docs/env.md",
    "credentials.md",
    "secrets.md",
    "id_rsa.pub",
    "keys.md",
    "monkey",
    "history.md",
    "shadow.css",
    "auth.ts",
    "src/identity.ts",
  ])("%s is none", (path) => {
    expect(secretFile(path)).toBeUndefined();
  });

  test("folders of secrets are known, and common ones are passed in silence", () => {
    expect(secretFolder(".ssh")?.silent).toBe(false);
    expect(secretFolder(".AWS")?.silent).toBe(false);
    expect(secretFolder(".git")?.silent).toBe(true);
    expect(secretFolder("docs")).toBeUndefined();
  });
});

describe("content that is a secret", () => {
  const material = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";

  test.each([
    ["a key block", `-----BEGIN RSA PRIVATE KEY-----\n${material}\n`, 3],
    ["an OpenSSH key", `-----BEGIN OPENSSH PRIVATE KEY-----\n${material}\n`, 3],
    ["a key in JSON", `"-----BEGIN PRIVATE KEY-----\\n${material}\\n"`, 4],
    ["an AWS key id", "AKIAIOSFODNN7EXAMPLE", 3],
    ["a temporary AWS key id", "ASIA2E0A8F3B244C9986", 3],
    ["a GitHub token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", 3],
  ])("%s is found at its offset", (_name, secret, offset) => {
    const found = findSecretContent(Buffer.from(`é ${secret}`));
    expect(found?.byteOffset).toBe(offset);
  });

  test.each([
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7",
    "set AKIAXXXXXXXXXXXXXXXX to your key",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "the ASIA region, ASIAPACIFICREGIONALCENTRE",
    "npm_config_registry",
  ])("%j is none", (text) => {
    expect(findSecretContent(Buffer.from(text))).toBeUndefined();
  });

  test("one is found behind many that are none", () => {
    const text = `${"ghp_xxxx AKIA ".repeat(1000)}ghp_16C7e42F292c6912E7710c838347Ae178B4a`;
    expect(findSecretContent(Buffer.from(text))?.name).toBe("GitHub token");
  });
});
