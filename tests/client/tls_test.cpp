#include <gtest/gtest.h>

#include "client/sure.h"
#include "signalbox/client/client.h"
#include "support/server_process.h"

namespace signalbox::client {
namespace {

TEST(Tls, ServersAreTrustedByTheirAuthorityOnly) {
    const TemporaryDirectory directory("tls");
    const std::string key = directory.path() / "key.pem";
    const std::string certificate = directory.path() / "certificate.pem";
    const auto made = run(
        {.words = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                   "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate}});
    if (made.status == 127) GTEST_SKIP() << "there is no openssl to make a certificate with";
    ASSERT_EQ(made.status, 0) << made.errors;
    ServerProcess server(
        {"--tls-listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key});
    const std::string url = server.tls_url();

    const Client trusting({.url = url, .ca_file = certificate});
    EXPECT_TRUE(sure(trusting.list_tickets().rest()).empty());
    // Trying again does not help, so it is told at once.
    const auto refused = Client({.url = url}).list_tickets().rest();
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is("unreachable"));
    EXPECT_NE(refused.error().text().find("certificate"), std::string::npos)
        << refused.error().text();
}

}  // namespace
}  // namespace signalbox::client
