/* The SDK of a fingerprint scanner that does not exist, as many makers write theirs: it calls back from threads of
 * its own, the device decides when the finger is good, stopping blocks, and every call returns a code. */
#ifndef ACME_H
#define ACME_H

#define ACME_OK 0
#define ACME_E_NO_DEVICE (-1)
#define ACME_E_BUSY (-2)
#define ACME_E_UNPLUGGED (-3)
#define ACME_E_CALIBRATE (-4)
#define ACME_E_THREAD (-5)
#define ACME_E_CLOSED (-6)

#define ACME_WIDTH 300
#define ACME_HEIGHT 400

typedef struct acme_device acme_device;
/* Called about 30 times a second from the SDK's thread; the pixels are gone when it returns. */
typedef void (*acme_frame_callback)(const unsigned char *pixels, unsigned sequence, int finger, void *user);
/* Called once at the end from the SDK's thread: ACME_OK with the picture, or why there is none. */
typedef void (*acme_result_callback)(int code, const unsigned char *pixels, unsigned sequence, int quality, void *user);

int acme_count(void);
int acme_serial(int index, char *serial, int size);
const char *acme_firmware(void);
const char *acme_text(int code);
int acme_open(const char *serial, acme_device **device);
int acme_status(acme_device *device, int *temperature);
int acme_start(acme_device *device, int position, acme_frame_callback frame, acme_result_callback result, void *user);
int acme_stop(acme_device *device); /* waits until no callback runs; ACME_E_THREAD from within one */
int acme_close(acme_device *device);

/* What a real SDK has not: the hands of a test. */
void acme_test_finger(int present);
void acme_test_unplug(int gone);
void acme_test_stall(int stalled);

#endif
