#include "net/tls.h"

#include <cerrno>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace signalbox {
namespace {

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeConnection {
    void operator()(SSL* connection) const { SSL_free(connection); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeContext>;
using ConnectionPtr = std::unique_ptr<SSL, FreeConnection>;

std::string last_error() {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    ERR_clear_error();
    return text;
}

class TlsTransport : public Transport {
public:
    explicit TlsTransport(ConnectionPtr connection) : connection_(std::move(connection)) {}

    IoResult read(std::span<char> into) override {
        ERR_clear_error();
        size_t count = 0;
        const int outcome = SSL_read_ex(connection_.get(), into.data(), into.size(), &count);
        if (outcome == 1) return {IoStatus::done, count};
        return {status_of(outcome), 0};
    }

    IoResult write(std::span<const iovec> pieces) override {
        size_t total = 0;
        for (const auto& piece : pieces) {
            const char* bytes = static_cast<const char*>(piece.iov_base);
            size_t done = 0;
            while (done < piece.iov_len) {
                ERR_clear_error();
                size_t count = 0;
                const int outcome =
                    SSL_write_ex(connection_.get(), bytes + done, piece.iov_len - done, &count);
                if (outcome != 1) {
                    const auto status = status_of(outcome);
                    if (total > 0 && status != IoStatus::failed) return {IoStatus::done, total};
                    return {status, total};
                }
                done += count;
                total += count;
            }
        }
        return {IoStatus::done, total};
    }

    void shut_down() override {
        ERR_clear_error();
        SSL_shutdown(connection_.get());
    }

private:
    IoStatus status_of(int outcome) const {
        switch (SSL_get_error(connection_.get(), outcome)) {
            case SSL_ERROR_WANT_READ: return IoStatus::want_read;
            case SSL_ERROR_WANT_WRITE: return IoStatus::want_write;
            case SSL_ERROR_ZERO_RETURN: return IoStatus::closed;
            default: return IoStatus::failed;
        }
    }

    ConnectionPtr connection_;
};

class OpensslContext : public TlsContext {
public:
    explicit OpensslContext(ContextPtr context) : context_(std::move(context)) {}

    std::unique_ptr<Transport> make_transport(int descriptor) override {
        ConnectionPtr connection(SSL_new(context_.get()));
        if (!connection || SSL_set_fd(connection.get(), descriptor) != 1) return nullptr;
        SSL_set_accept_state(connection.get());
        return std::make_unique<TlsTransport>(std::move(connection));
    }

private:
    ContextPtr context_;
};

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::load(const std::string& certificate_file,
                                                     const std::string& key_file) {
    ContextPtr context(SSL_CTX_new(TLS_server_method()));
    if (!context) return fail(ErrorCode::internal, last_error());
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    // A piece may move between two tries to send it.
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                           SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
        return fail(ErrorCode::invalid_argument,
                    "is not a readable PEM certificate: " + last_error(), "tls_cert");
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1) {
        return fail(ErrorCode::invalid_argument,
                    "is not the PEM private key of the certificate: " + last_error(), "tls_key");
    }
    return std::shared_ptr<TlsContext>(std::make_shared<OpensslContext>(std::move(context)));
}

}  // namespace signalbox
