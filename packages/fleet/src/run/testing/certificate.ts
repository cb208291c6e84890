/**
 * A self-signed certificate for `localhost` and its private key, for tests alone. It is stored here because a
 * bare machine has no OpenSSL. It was made with `openssl req -x509 -newkey ec
 * -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost`.
 */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUKJD7wrARF6VJvb5uWHz5DTQAxz0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjA5MjI0NFoYDzIxMjYxMDI5
MDkyMjQ0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATEBtyXOOIdjj1uXHZ9CHeW5TpWrAhqbJWn3TZNc2UFFbP4Z+ma/ZqV
Y4rS8c4Ilt3wjr0R4FrK8v2Iu8/eE29/o1MwUTAdBgNVHQ4EFgQUpN2SSvc2pj1V
yNHcssshPRtXulAwHwYDVR0jBBgwFoAUpN2SSvc2pj1VyNHcssshPRtXulAwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiBIVW1nXcY4ZNLVUoMkcn1n
i2SDKHjEIPZAq7sBqOGYaQIhAJyTTnZgQMrb0ciU2/zyfs8FeHn4ogvbmYPAKNWd
QgTJ
-----END CERTIFICATE-----
`;

export const CERTIFICATE_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/RzhR4L/0aWjq+Xg
O5UlsO0gquJXZ8h0WZkJFGBpFtKhRANCAATEBtyXOOIdjj1uXHZ9CHeW5TpWrAhq
bJWn3TZNc2UFFbP4Z+ma/ZqVY4rS8c4Ilt3wjr0R4FrK8v2Iu8/eE29/
-----END PRIVATE KEY-----
`;
