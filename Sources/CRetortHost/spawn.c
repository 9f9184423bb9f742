#define _GNU_SOURCE
#include "retort_host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// Between fork and exec only functions that are safe in a signal handler are called.
static void become(const char *program, char *const arguments[], char *const environment[],
                   int errors, pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return;
  // The parent may have ended before it was asked for.
  if (getppid() != parent) _exit(127);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int nothing = open("/dev/null", O_RDWR);
  if (nothing < 0 || dup2(errors, 2) < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0) return;
  execve(program, arguments, environment);
}

pid_t retort_spawn(const char *program, char *const arguments[], char *const environment[],
                   int errors) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return -1;
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    become(program, arguments, environment, errors, parent);
    int code = errno;
    ssize_t ignored = write(report[1], &code, sizeof code);
    (void)ignored;
    _exit(127);
  }
  int code = child < 0 ? errno : 0;
  close(report[1]);
  if (child > 0) {
    ssize_t count;
    do count = read(report[0], &code, sizeof code);
    while (count < 0 && errno == EINTR);
    if (count != (ssize_t)sizeof code) code = 0;
  }
  close(report[0]);
  if (code == 0) return child;
  if (child > 0) waitpid(child, NULL, 0);
  errno = code;
  return -1;
}
