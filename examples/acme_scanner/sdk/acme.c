#include "acme.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PERIOD_NS 33333333L
#define STEADY 5 /* frames with a finger until the device captures */

struct acme_device {
    pthread_t worker;
    pthread_mutex_t lock;
    int running, stopping, position;
    unsigned sequence;
    acme_frame_callback frame;
    acme_result_callback result;
    void *user;
    unsigned char pixels[ACME_WIDTH * ACME_HEIGHT];
};

static pthread_mutex_t world = PTHREAD_MUTEX_INITIALIZER;
static int finger = 1, gone = 0, stalled = 0, in_use = 0;
static unsigned sequence = 0;

static int read_flag(int *flag) {
    pthread_mutex_lock(&world);
    int value = *flag;
    pthread_mutex_unlock(&world);
    return value;
}

static void write_flag(int *flag, int value) {
    pthread_mutex_lock(&world);
    *flag = value;
    pthread_mutex_unlock(&world);
}

void acme_test_finger(int present) { write_flag(&finger, present); }
void acme_test_unplug(int is_gone) { write_flag(&gone, is_gone); }
void acme_test_stall(int is_stalled) { write_flag(&stalled, is_stalled); }

int acme_count(void) { return read_flag(&gone) ? 0 : 1; }

int acme_serial(int index, char *serial, int size) {
    if (index != 0 || read_flag(&gone)) return ACME_E_NO_DEVICE;
    strncpy(serial, "ACME-0001", (size_t)size);
    return ACME_OK;
}

const char *acme_firmware(void) { return "3.2.1"; }

const char *acme_text(int code) {
    switch (code) {
        case ACME_OK: return "ok";
        case ACME_E_NO_DEVICE: return "no device";
        case ACME_E_BUSY: return "device in use";
        case ACME_E_UNPLUGGED: return "transfer failed (-71)";
        case ACME_E_CALIBRATE: return "sensor needs calibration";
        case ACME_E_THREAD: return "not from a callback";
        case ACME_E_CLOSED: return "not open";
    }
    return "unknown code";
}

int acme_open(const char *serial, acme_device **device) {
    char known[32];
    if (acme_serial(0, known, sizeof known) != ACME_OK || strcmp(known, serial) != 0) return ACME_E_NO_DEVICE;
    pthread_mutex_lock(&world);
    int taken = in_use;
    in_use = 1;
    pthread_mutex_unlock(&world);
    if (taken) return ACME_E_BUSY;
    *device = calloc(1, sizeof **device);
    pthread_mutex_init(&(*device)->lock, NULL);
    return ACME_OK;
}

int acme_status(acme_device *device, int *temperature) {
    if (!device) return ACME_E_CLOSED;
    struct timespec pause = {0, 20000000L}; /* the call blocks for a transfer */
    nanosleep(&pause, NULL);
    *temperature = 31;
    return read_flag(&gone) ? ACME_E_UNPLUGGED : ACME_OK;
}

static void draw(acme_device *device, int with_finger) {
    double bend = 0.13 * device->position, shift = 0.002 * device->sequence;
    unsigned noise = device->sequence * 2654435761u;
    for (int y = 0; y < ACME_HEIGHT; y++)
        for (int x = 0; x < ACME_WIDTH; x++) {
            double dx = (x - ACME_WIDTH / 2) / 120.0, dy = (y - ACME_HEIGHT / 2) / 170.0;
            noise = noise * 1664525u + 1013904223u;
            double grey = 245 - (noise >> 29);
            if (with_finger && dx * dx + dy * dy < 1)
                grey = 130 + 90 * sin(0.7 * (x * cos(bend + y / 200.0) + y * sin(bend + x / 150.0)) + shift);
            device->pixels[y * ACME_WIDTH + x] = (unsigned char)grey;
        }
}

static void *work(void *argument) {
    acme_device *device = argument;
    int steady = 0, code = ACME_OK;
    for (;;) {
        struct timespec pause = {0, PERIOD_NS};
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&device->lock);
        int stopping = device->stopping;
        pthread_mutex_unlock(&device->lock);
        if (stopping) return NULL;
        if (read_flag(&gone)) { code = ACME_E_UNPLUGGED; break; }
        if (read_flag(&stalled) && steady >= 1) continue;
        pthread_mutex_lock(&world);
        device->sequence = ++sequence;
        pthread_mutex_unlock(&world);
        int there = read_flag(&finger);
        steady = there || read_flag(&stalled) ? steady + 1 : 0;
        draw(device, there);
        if (there && steady > STEADY) break;
        device->frame(device->pixels, device->sequence, there, device->user);
    }
    device->result(code, code == ACME_OK ? device->pixels : NULL, device->sequence, 73, device->user);
    return NULL;
}

int acme_start(acme_device *device, int position, acme_frame_callback frame, acme_result_callback result, void *user) {
    if (!device) return ACME_E_CLOSED;
    if (read_flag(&gone)) return ACME_E_UNPLUGGED;
    if (device->running) return ACME_E_BUSY;
    device->position = position;
    device->frame = frame;
    device->result = result;
    device->user = user;
    device->stopping = 0;
    if (pthread_create(&device->worker, NULL, work, device) != 0) return ACME_E_BUSY;
    device->running = 1;
    return ACME_OK;
}

int acme_stop(acme_device *device) {
    if (!device) return ACME_E_CLOSED;
    if (!device->running) return ACME_OK;
    if (pthread_equal(pthread_self(), device->worker)) return ACME_E_THREAD;
    pthread_mutex_lock(&device->lock);
    device->stopping = 1;
    pthread_mutex_unlock(&device->lock);
    pthread_join(device->worker, NULL);
    device->running = 0;
    return ACME_OK;
}

int acme_close(acme_device *device) {
    if (!device) return ACME_E_CLOSED;
    acme_stop(device);
    pthread_mutex_destroy(&device->lock);
    free(device);
    write_flag(&in_use, 0);
    return ACME_OK;
}
