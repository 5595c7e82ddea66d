// The fabric of a machine whose memory is a file: looks at the kernel's registers in it, runs the Verilated kernel on the same
// memory when the guest starts it, and mirrors the registers back. Clear-on-read and the like are not shown.
//   fabric DEVICE REGISTERS QTEST-SOCKET GIC PL061 RESET-LINE INTERRUPT
// DEVICE as libbfq takes it, with file= and base=; REGISTERS their physical address; GIC and PL061 the devices' paths in QEMU.
// Interrupts go to the guest, and resets come from it, through QEMU's qtest socket. Ends when the socket does.
// stdin: "hang" makes runs never end until a reset, "board" gives the memory the board's behaviour from here on, "resets" prints
// how often it was reset, "cycles" the cycles of all runs.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "bfq_plan.hpp"
#include "device.hpp"
#include "error.hpp"

namespace {

constexpr uint32_t START = 1, DONE = 2, IDLE = 4, READY = 8;
constexpr int LOOK_MICROSECONDS = 20;

/// A line protocol: commands go out, and lines that begin with IRQ tell of intercepted lines.
class Qtest {
 public:
  explicit Qtest(const char* path) : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw bfq::Error(BFQ_NO_DEVICE, std::string(path) + ": " + std::strerror(errno));
    fcntl(socket_, F_SETFL, O_NONBLOCK);
  }
  ~Qtest() { close(socket_); }
  Qtest(const Qtest&) = delete;
  Qtest& operator=(const Qtest&) = delete;

  void send(const std::string& line) {
    const std::string text = line + "\n";
    if (write(socket_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) open_ = false;
  }

  /// Whether a pulse of line `number` ended since the last look. It is low at boot: the first pulse rises and does not fall.
  bool rose(int number) {
    char bytes[4096];
    ssize_t count;
    while ((count = read(socket_, bytes, sizeof bytes)) > 0) text_.append(bytes, static_cast<size_t>(count));
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) open_ = false;
    bool found = false;
    for (size_t end; (end = text_.find('\n')) != std::string::npos; text_.erase(0, end + 1))
      found |= text_.compare(0, end, "IRQ raise " + std::to_string(number)) == 0;
    return found;
  }

  bool is_open() const { return open_; }

 private:
  const int socket_;
  bool open_ = true;
  std::string text_;
};

class Fabric {
 public:
  Fabric(char** arguments)
      : name_(arguments[0]),
        registers_at_(std::strtoull(arguments[1], nullptr, 0)),
        qtest_(arguments[2]),
        interrupt_("set_irq_in " + std::string(arguments[3]) + " unnamed-gpio-in " + arguments[6] + " "),
        reset_line_(std::atoi(arguments[5])) {
    qtest_.send("irq_intercept_out " + std::string(arguments[4]));
    open(name_);
  }

  void run() {
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    for (; qtest_.is_open(); usleep(LOOK_MICROSECONDS)) {
      take_order();
      reset_if_asked();
      acknowledge();
      if ((at(bfq::reg::control) & START) != 0) start();
    }
  }

 private:
  volatile uint32_t& at(uint32_t offset) { return *reinterpret_cast<volatile uint32_t*>(registers_ + offset); }

  void open(const std::string& name) {
    device_ = bfq::open_device(name);
    registers_ = device_->memory() + (registers_at_ - device_->memory_address());
    mirror(IDLE);
  }

  void start() {
    at(bfq::reg::control) = 0;
    using namespace bfq::reg;
    for (const uint32_t offset : {descriptor_count, descriptors, descriptors + 4, activations, activations + 4, output, output + 4})
      device_->write(offset, at(offset));
    for (uint32_t lane = 0; lane < bfq::LANES; ++lane)
      for (const uint32_t half : {0, 4}) {
        const uint32_t offset = weights_0 + lane * (weights_1 - weights_0) + half;
        device_->write(offset, at(offset));
      }
    while (hang_ && qtest_.is_open()) {
      if (reset_if_asked()) return;
      usleep(LOOK_MICROSECONDS);
    }
    device_->write(control, START);
    for (unsigned looks = 0; (device_->read(control) & DONE) == 0; ++looks) {
      device_->pause(looks);
      if (looks % 64 == 0 && reset_if_asked()) return;
    }
    cycles_ += device_->read(bfq::reg::cycles) | uint64_t{device_->read(bfq::reg::cycles + 4)} << 32;
    mirror(DONE | IDLE | READY);
    if (at(bfq::reg::global_interrupt_enable) & at(bfq::reg::interrupt_enable) & 1) {
      at(bfq::reg::interrupt_status) = 1;
      qtest_.send(interrupt_ + "1");
      asserted_ = true;
    }
  }

  /// What the kernel shows, as the guest reads it.
  void mirror(uint32_t control) {
    for (uint32_t offset = bfq::reg::config_hash; offset <= bfq::reg::stall_compute; offset += 4)
      if (offset < bfq::reg::descriptors || offset >= bfq::reg::words_0) at(offset) = device_->read(offset);
    at(bfq::reg::control) = control;
  }

  /// The guest clears the interrupt's status bit by writing: here it only counts that it wrote.
  void acknowledge() {
    if (!asserted_ || at(bfq::reg::interrupt_status) != 0) return;
    qtest_.send(interrupt_ + "0");
    asserted_ = false;
  }

  bool reset_if_asked() {
    if (!qtest_.rose(reset_line_)) return false;
    device_->reset();
    hang_ = false;
    mirror(IDLE);
    ++resets_;
    return true;
  }

  void take_order() {
    char text[64];
    const ssize_t count = read(STDIN_FILENO, text, sizeof text - 1);
    if (count <= 0) return;
    text[count] = 0;
    if (std::strncmp(text, "hang", 4) == 0) hang_ = true;
    if (std::strncmp(text, "board", 5) == 0) open(name_ + ",dram=board");
    if (std::strncmp(text, "cycles", 6) == 0) std::printf("%llu\n", static_cast<unsigned long long>(cycles_));
    else if (std::strncmp(text, "resets", 6) == 0) std::printf("%u\n", resets_);
    else std::puts("ok");
    std::fflush(stdout);
  }

  const std::string name_;
  const uint64_t registers_at_;
  std::unique_ptr<bfq::Device> device_;
  uint8_t* registers_ = nullptr;
  Qtest qtest_;
  const std::string interrupt_;
  const int reset_line_;
  bool hang_ = false, asserted_ = false;
  uint64_t cycles_ = 0;
  unsigned resets_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 8) return 2;
  try {
    Fabric fabric(arguments + 1);
    std::puts("ready");
    std::fflush(stdout);
    fabric.run();
  } catch (const bfq::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
