#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "port/http_client.h"

namespace signalbox {

// What subscribers are promised, told by what was posted and what arrived:
//
// - what was acknowledged to its poster is told to each subscriber, until the subscriber takes it;
// - in the order in which it was posted: nothing is told for the first time before what is ahead of
//   it was taken;
// - under one id, which nothing else has, with a signature that is right;
// - nothing is told that nobody posted.
class NotificationOracle {
public:
    explicit NotificationOracle(std::string webhook_secret) : secret_(std::move(webhook_secret)) {}

    // Before anything is posted to the queue.
    void subscribed(const std::string& url, const std::string& queue, const std::string& id);
    // Bodies are texts that no other message has. In this order, and before they are sent.
    void posted(const std::string& queue, const std::string& body);
    // It was called, and answered so. It is told nothing any more once it says 410.
    void called(const OutgoingRequest& request, uint16_t status);

    // When everything should have been told.
    [[nodiscard]] std::vector<std::string> verify() const;
    [[nodiscard]] uint64_t arrivals() const { return arrivals_; }
    [[nodiscard]] uint64_t digest() const { return digest_; }

private:
    struct Told {
        std::string id;  // of the webhook
        bool was_taken = false;
    };
    struct Subscriber {
        std::string queue;
        std::string id;
        bool is_gone = false;
        size_t taken = 0;             // so many, from the first
        std::map<size_t, Told> told;  // by the place of the message among those posted
    };

    void complain(const std::string& url, const std::string& what);
    void check_signature(const std::string& url, const Subscriber& subscriber,
                         const OutgoingRequest& request);

    const std::string secret_;
    std::map<std::string, Subscriber> subscribers_;           // by their URLs
    std::map<std::string, std::vector<std::string>> posted_;  // by queue
    std::map<std::string, size_t> places_;                    // of bodies
    std::map<std::string, std::string> ids_;  // what has an id: the URL and the body
    std::vector<std::string> complaints_;
    uint64_t arrivals_ = 0;
    uint64_t digest_ = 0;
};

}  // namespace signalbox
