/* test_pki.h - a certificate authority for tests: keys and certificates as files in a folder of
 * their own.
 */
#ifndef TESTS_LIB_TEST_PKI_H
#define TESTS_LIB_TEST_PKI_H

struct test_pki {
	char dir[64];
	char ca[96]; /* the path of the CA's certificate */
	struct evp_pkey_st *ca_key;
	struct x509_st *ca_certificate;
};

void test_pki_init(struct test_pki *pki);
void test_pki_done(struct test_pki *pki); /* removes the folder */

/* Writes DIR/<name>.pem and DIR/<name>.key, replacing them. `sans` is "DNS:localhost,IP:127.0.0.1",
 * or NULL; the common name is `name`. */
void test_pki_issue(struct test_pki *pki, const char *name, const char *sans);

#endif
