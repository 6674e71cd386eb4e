#include <cerrno>

#include <sys/socket.h>

#include "net/transport.h"

namespace signalbox {
namespace {

class PlainTransport : public Transport {
public:
    explicit PlainTransport(int descriptor) : descriptor_(descriptor) {}

    IoResult read(std::span<char> into) override {
        for (;;) {
            const ssize_t count = ::recv(descriptor_, into.data(), into.size(), 0);
            if (count > 0) return {IoStatus::done, static_cast<size_t>(count)};
            if (count == 0) return {IoStatus::closed, 0};
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoStatus::want_read, 0};
            return {IoStatus::failed, 0};
        }
    }

    IoResult write(std::span<const iovec> pieces) override {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(pieces.data());
        message.msg_iovlen = pieces.size();
        for (;;) {
            const ssize_t count = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
            if (count >= 0) return {IoStatus::done, static_cast<size_t>(count)};
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoStatus::want_write, 0};
            return {IoStatus::failed, 0};
        }
    }

    void shut_down() override { ::shutdown(descriptor_, SHUT_WR); }

private:
    const int descriptor_;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(int descriptor) {
    return std::make_unique<PlainTransport>(descriptor);
}

}  // namespace signalbox
