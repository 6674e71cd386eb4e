#include "codec/address_guard.h"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

std::string verdict(const AddressGuard& guard, const char* address) {
    const auto parsed = IpAddress::parse(address);
    if (!parsed) return "no address";
    return std::string(guard.refusal(*parsed).value_or("allowed"));
}

TEST(AddressGuard, knows_each_kind_of_address) {
    const AddressGuard guard({});
    const std::pair<const char*, const char*> table[] = {
        {"0.0.0.0", "this host"},
        {"0.1.2.3", "this host"},
        {"10.0.0.1", "a private network"},
        {"10.255.255.255", "a private network"},
        {"100.63.255.255", "allowed"},
        {"100.64.0.1", "a shared network of a provider"},
        {"100.127.255.255", "a shared network of a provider"},
        {"100.128.0.0", "allowed"},
        {"127.0.0.1", "loopback"},
        {"127.255.0.1", "loopback"},
        {"169.254.169.254", "link-local"},
        {"172.15.255.255", "allowed"},
        {"172.16.0.1", "a private network"},
        {"172.31.255.255", "a private network"},
        {"172.32.0.0", "allowed"},
        {"192.0.0.8", "a network of protocols"},
        {"192.0.2.1", "a network for documentation"},
        {"192.88.99.1", "a relay"},
        {"192.168.1.1", "a private network"},
        {"192.169.0.1", "allowed"},
        {"198.18.0.1", "a network for benchmarks"},
        {"198.51.100.7", "a network for documentation"},
        {"203.0.113.7", "a network for documentation"},
        {"224.0.0.1", "multicast"},
        {"239.255.255.255", "multicast"},
        {"240.0.0.1", "reserved"},
        {"255.255.255.255", "reserved"},
        {"8.8.8.8", "allowed"},
        {"223.255.255.255", "allowed"},
        {"::", "this host"},
        {"::1", "loopback"},
        {"::127.0.0.1", "reserved"},
        {"::ffff:127.0.0.1", "loopback"},
        {"::ffff:10.1.2.3", "a private network"},
        {"::ffff:0.0.0.0", "this host"},
        {"::ffff:8.8.8.8", "allowed"},
        {"::ffff:0:127.0.0.1", "loopback"},
        {"::ffff:0:8.8.8.8", "allowed"},
        {"64:ff9b::7f00:1", "loopback"},
        {"64:ff9b::a01:203", "a private network"},
        {"64:ff9b::808:808", "allowed"},
        {"64:ff9b:1::1", "a private network"},
        {"100::1", "nowhere"},
        {"2001::1", "a network of protocols"},
        {"2001:db8::1", "a network for documentation"},
        {"2002:7f00:1::", "loopback"},
        {"2002:a9fe:a9fe::1", "link-local"},
        {"2002:808:808::1", "allowed"},
        {"2606:4700:4700::1111", "allowed"},
        {"fc00::1", "a private network"},
        {"fdff::1", "a private network"},
        {"fe80::1", "link-local"},
        {"fec0::1", "link-local"},
        {"ff02::1", "multicast"},
    };
    for (const auto& [address, expected] : table) {
        EXPECT_EQ(verdict(guard, address), expected) << address;
    }
}

TEST(AddressGuard, private_ones_are_allowed_together_but_not_the_credentials_of_clouds) {
    const AddressGuard guard({.allows_private = true, .allowed = {}});
    for (const auto* address : {"127.0.0.1", "10.1.1.1", "192.168.0.9", "100.64.0.1", "::1",
                                "fd00::1", "64:ff9b::a00:1", "2002:a00:1::1"}) {
        EXPECT_EQ(verdict(guard, address), "allowed") << address;
    }
    EXPECT_EQ(verdict(guard, "169.254.169.254"), "link-local");
    EXPECT_EQ(verdict(guard, "64:ff9b::a9fe:a9fe"), "link-local");
    EXPECT_EQ(verdict(guard, "fe80::1"), "link-local");
    EXPECT_EQ(verdict(guard, "0.0.0.0"), "this host");
    EXPECT_EQ(verdict(guard, "224.0.0.1"), "multicast");
}

TEST(AddressGuard, networks_are_allowed_one_by_one) {
    const AddressGuard guard(
        {.allows_private = false,
         .allowed = {IpNetwork::parse("10.1.0.0/16").value(), IpNetwork::parse("fd12::/16").value(),
                     IpNetwork::parse("169.254.7.7").value()}});
    EXPECT_EQ(verdict(guard, "10.1.255.1"), "allowed");
    EXPECT_EQ(verdict(guard, "::ffff:10.1.255.1"), "allowed");
    EXPECT_EQ(verdict(guard, "64:ff9b::a01:1"), "allowed");
    EXPECT_EQ(verdict(guard, "10.2.0.1"), "a private network");
    EXPECT_EQ(verdict(guard, "fd12::1"), "allowed");
    EXPECT_EQ(verdict(guard, "fd13::1"), "a private network");
    EXPECT_EQ(verdict(guard, "169.254.7.7"), "allowed");
    EXPECT_EQ(verdict(guard, "169.254.7.8"), "link-local");
}

TEST(IpNetwork, is_read_strictly) {
    for (const auto* text :
         {"10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "192.168.7.1/32", "::1", "10.128.0.0/9"}) {
        EXPECT_TRUE(IpNetwork::parse(text)) << text;
    }
    for (const auto* text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0/8", "10.64.0.0/9", "::/129",
          "fe80::1%eth0", "10.0.0.0/-1", "10.0.0.0/8x", "localhost"}) {
        EXPECT_FALSE(IpNetwork::parse(text)) << text;
    }
    EXPECT_TRUE(IpNetwork::parse("0.0.0.0/0")->contains(*IpAddress::parse("1.2.3.4")));
    EXPECT_FALSE(IpNetwork::parse("0.0.0.0/0")->contains(*IpAddress::parse("2001:db8::1")));
}

}  // namespace
}  // namespace signalbox
