#include "tests/lib/test_pki.h"

#include "base/assert.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

/* `issuer` NULL: signs itself. */
static X509 *make_certificate(EVP_PKEY *key, const char *name, X509 *issuer)
{
	static long serial = 1;
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 24 * 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
				   -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject);
	add_extension(x, issuer ? issuer : x, NID_basic_constraints,
		      issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
	return x;
}

static void write_pem(const char *path, X509 *certificate, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");
	assert(f);
	if (certificate)
		PEM_write_X509(f, certificate);
	if (key)
		PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

void test_pki_init(struct test_pki *pki)
{
	snprintf(pki->dir, sizeof(pki->dir), "/tmp/athanor-test-pki-XXXXXX");
	char *dir = mkdtemp(pki->dir);
	assert(dir);
	pki->ca_key = EVP_EC_gen("P-256");
	pki->ca_certificate = make_certificate(pki->ca_key, "test CA", NULL);
	X509_sign(pki->ca_certificate, pki->ca_key, EVP_sha256());
	snprintf(pki->ca, sizeof(pki->ca), "%s/ca.pem", pki->dir);
	write_pem(pki->ca, pki->ca_certificate, NULL);
}

void test_pki_issue(struct test_pki *pki, const char *name, const char *sans)
{
	char path[128];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = make_certificate(key, name, pki->ca_certificate);

	if (sans)
		add_extension(x, pki->ca_certificate, NID_subject_alt_name, sans);
	X509_sign(x, pki->ca_key, EVP_sha256());
	snprintf(path, sizeof(path), "%s/%s.pem", pki->dir, name);
	write_pem(path, x, NULL);
	snprintf(path, sizeof(path), "%s/%s.key", pki->dir, name);
	write_pem(path, NULL, key);
	X509_free(x);
	EVP_PKEY_free(key);
}

void test_pki_done(struct test_pki *pki)
{
	char path[400];
	DIR *dir = opendir(pki->dir);

	for (struct dirent *e; dir && (e = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s", pki->dir, e->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(pki->dir);
	X509_free(pki->ca_certificate);
	EVP_PKEY_free(pki->ca_key);
}
