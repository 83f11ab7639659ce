/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "netconf/base/loop.h"

/* What the callbacks of one test share. */
struct scene {
	struct xn_loop *loop;
	struct xn_source *source[2];
	struct xn_source *end; /* a timer that stops the loop */
	int calls;
	uint32_t events;
	int number;
	pid_t pid;
	int status;
};

static int open_scene(void **state)
{
	static struct scene scene;

	scene = (struct scene){.loop = xn_loop_create()};
	*state = &scene;
	return scene.loop ? 0 : -1;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	xn_loop_destroy(scene->loop);
	return 0;
}

static void stop_on_timer(void *arg)
{
	struct scene *scene = arg;

	xn_loop_stop(scene->loop, 0);
}

/* The loop ends once everything that is ready now has had its turn. */
static void end_soon(struct scene *scene)
{
	scene->end = xn_loop_add_timer(scene->loop, stop_on_timer, scene);
	assert_non_null(scene->end);
	xn_timer_arm(scene->end, 2, 0);
}

static void count_and_stop(void *arg, uint32_t events)
{
	struct scene *scene = arg;

	scene->calls++;
	scene->events = events;
	xn_loop_stop(scene->loop, 42);
}

static void a_ready_descriptor_is_reported(void **state)
{
	struct scene *scene = *state;
	int fd = eventfd(1, EFD_CLOEXEC);

	scene->source[0] =
		xn_loop_add_fd(scene->loop, fd, EPOLLIN, count_and_stop, scene);
	assert_non_null(scene->source[0]);
	assert_int_equal(xn_loop_run(scene->loop), 42);
	assert_int_equal(scene->calls, 1);
	assert_int_equal(scene->events, EPOLLIN);
	/* Level-triggered: a second run sees it again. */
	assert_int_equal(xn_loop_run(scene->loop), 42);
	assert_int_equal(scene->calls, 2);
	/* The caller's descriptor is still the caller's. */
	xn_source_destroy(scene->source[0]);
	assert_int_equal(close(fd), 0);
}

static void masked_events_are_silent(void **state)
{
	struct scene *scene = *state;
	int fd = eventfd(1, EFD_CLOEXEC);

	scene->source[0] =
		xn_loop_add_fd(scene->loop, fd, EPOLLIN, count_and_stop, scene);
	assert_int_equal(xn_source_set_events(scene->source[0], 0), 0);
	end_soon(scene);
	assert_int_equal(xn_loop_run(scene->loop), 0);
	assert_int_equal(scene->calls, 0);
	assert_int_equal(xn_source_set_events(scene->source[0], EPOLLIN), 0);
	assert_int_equal(xn_loop_run(scene->loop), 42);
	xn_source_destroy(scene->source[0]);
	(void)close(fd);
}

static void destroy_both(void *arg, uint32_t events)
{
	struct scene *scene = arg;

	(void)events;
	scene->calls++;
	xn_source_destroy(scene->source[0]);
	xn_source_destroy(scene->source[1]);
	end_soon(scene);
}

static void a_callback_may_destroy_itself_and_others(void **state)
{
	struct scene *scene = *state;
	int fd[2] = {eventfd(1, EFD_CLOEXEC), eventfd(1, EFD_CLOEXEC)};

	for (int i = 0; i < 2; i++)
		scene->source[i] = xn_loop_add_fd(scene->loop, fd[i], EPOLLIN,
						  destroy_both, scene);
	assert_int_equal(xn_loop_run(scene->loop), 0);
	/* Both were ready in one batch; the first one called ended both. */
	assert_int_equal(scene->calls, 1);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void count_to_three(void *arg)
{
	struct scene *scene = arg;

	if (++scene->calls == 3)
		xn_loop_stop(scene->loop, 3);
}

static void timers_fire_once_or_repeatedly(void **state)
{
	struct scene *scene = *state;
	struct xn_source *timer =
		xn_loop_add_timer(scene->loop, count_to_three, scene);

	assert_non_null(timer);
	xn_timer_arm(timer, 0, 1);
	assert_int_equal(xn_loop_run(scene->loop), 3);
	assert_int_equal(scene->calls, 3);
	xn_timer_disarm(timer);
	scene->calls = 0;
	xn_timer_arm(timer, 0, 0);
	end_soon(scene);
	assert_int_equal(xn_loop_run(scene->loop), 0);
	assert_int_equal(scene->calls, 1);
}

static void a_timer_keeps_its_delay(void **state)
{
	struct scene *scene = *state;
	uint64_t start_ms = xn_now_ms();

	scene->end = xn_loop_add_timer(scene->loop, stop_on_timer, scene);
	xn_timer_arm(scene->end, 20, 0);
	assert_int_equal(xn_loop_run(scene->loop), 0);
	/* Two clocks, cut to milliseconds. */
	assert_true(xn_now_ms() - start_ms >= 19);
}

static void disarm_both(void *arg)
{
	struct scene *scene = arg;

	scene->calls++;
	xn_timer_disarm(scene->source[0]);
	xn_timer_disarm(scene->source[1]);
	end_soon(scene);
}

static void a_timer_that_is_due_can_still_be_disarmed(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 2; i++) {
		scene->source[i] =
			xn_loop_add_timer(scene->loop, disarm_both, scene);
		xn_timer_arm(scene->source[i], 0, 1);
	}
	assert_int_equal(xn_loop_run(scene->loop), 0);
	assert_int_equal(scene->calls, 1);
}

static void note_signal(void *arg, int number)
{
	struct scene *scene = arg;

	scene->number = number;
	xn_loop_stop(scene->loop, 0);
}

static void signals_arrive_in_the_loop(void **state)
{
	struct scene *scene = *state;

	assert_non_null(
		xn_loop_add_signal(scene->loop, SIGUSR1, note_signal, scene));
	/* Would end the program were it not blocked. */
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(xn_loop_run(scene->loop), 0);
	assert_int_equal(scene->number, SIGUSR1);
	assert_null(xn_loop_add_signal(scene->loop, 9999, note_signal, scene));
	assert_int_equal(errno, EINVAL);
}

static void note_child(void *arg, pid_t pid, int status)
{
	struct scene *scene = arg;

	scene->calls++;
	scene->pid = pid;
	scene->status = status;
	end_soon(scene);
}

static void a_child_is_reaped_once(void **state)
{
	struct scene *scene = *state;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	assert_true(pid > 0);
	scene->source[0] =
		xn_loop_add_child(scene->loop, pid, note_child, scene);
	assert_non_null(scene->source[0]);
	assert_int_equal(xn_loop_run(scene->loop), 0);
	assert_int_equal(scene->calls, 1);
	assert_int_equal(scene->pid, pid);
	assert_true(WIFEXITED(scene->status));
	assert_int_equal(WEXITSTATUS(scene->status), 7);
	assert_int_equal(waitpid(pid, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
	xn_source_destroy(scene->source[0]);
	assert_null(xn_loop_add_child(scene->loop, pid, note_child, scene));
	assert_int_equal(errno, ESRCH);
}

static void stopped_before_it_runs(void **state)
{
	struct scene *scene = *state;

	xn_loop_stop(scene->loop, 5);
	assert_int_equal(xn_loop_run(scene->loop), 5);
}

static void run_again(void *arg)
{
	struct scene *scene = arg;

	scene->status = xn_loop_run(scene->loop);
	xn_loop_stop(scene->loop, 0);
}

static void a_running_loop_does_not_nest(void **state)
{
	struct scene *scene = *state;
	struct xn_source *timer =
		xn_loop_add_timer(scene->loop, run_again, scene);

	xn_timer_arm(timer, 0, 0);
	assert_int_equal(xn_loop_run(scene->loop), 0);
	assert_int_equal(scene->status, -EBUSY);
}

static void bad_descriptors_are_refused(void **state)
{
	struct scene *scene = *state;

	assert_null(xn_loop_add_fd(scene->loop, -1, EPOLLIN, count_and_stop,
				   scene));
	assert_int_equal(errno, EBADF);
	xn_source_destroy(NULL);
	xn_loop_destroy(NULL);
}

#define SCENE(test) \
	cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(a_ready_descriptor_is_reported),
		SCENE(masked_events_are_silent),
		SCENE(a_callback_may_destroy_itself_and_others),
		SCENE(timers_fire_once_or_repeatedly),
		SCENE(a_timer_keeps_its_delay),
		SCENE(a_timer_that_is_due_can_still_be_disarmed),
		SCENE(signals_arrive_in_the_loop),
		SCENE(a_child_is_reaped_once),
		SCENE(stopped_before_it_runs),
		SCENE(a_running_loop_does_not_nest),
		SCENE(bad_descriptors_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
