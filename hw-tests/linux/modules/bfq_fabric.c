// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
// Stands for what a Kria has and QEMU has not: the PL's FPGA manager and its clock pl0_ref. "Configuring" takes any firmware
// file but one that begins with "refuse"; the clock then runs at the rate that the device tree's fclk node asks for.
//   echo NAME.bit.bin > /sys/devices/platform/pcap/configure
// Where the kernel takes overlays, this applies one as a Kria's kernel does through its configfs, and removes it:
//   echo NAME.dtbo > /sys/devices/platform/pcap/overlay;  echo > ../overlay
#include <linux/clk-provider.h>
#include <linux/firmware.h>
#include <linux/fpga/fpga-mgr.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

struct fabric {
	struct fpga_manager *manager;
	struct clk_hw clock;
	unsigned long hertz;
	int overlay;
};

static unsigned long boot_hertz = 99999001;
module_param(boot_hertz, ulong, 0444);
static unsigned long hertz;
module_param(hertz, ulong, 0644);
MODULE_PARM_DESC(hertz, "what pl0_ref runs at after the next configuration; 0: what the device tree asks for");

static unsigned long clock_rate(struct clk_hw *clock, unsigned long parent)
{
	return container_of(clock, struct fabric, clock)->hertz;
}

static const struct clk_ops clock_ops = { .recalc_rate = clock_rate };

static enum fpga_mgr_states state(struct fpga_manager *manager)
{
	return FPGA_MGR_STATE_OPERATING;
}

static int write_init(struct fpga_manager *manager, struct fpga_image_info *info, const char *data, size_t bytes)
{
	return 0;
}

static int write_data(struct fpga_manager *manager, const char *data, size_t bytes)
{
	return bytes >= 6 && memcmp(data, "refuse", 6) == 0 ? -EINVAL : 0;
}

/* Of the app's fclk node: there from the start, or once its overlay is applied. */
static void take_rate(struct fabric *fabric)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "xlnx,fclk");
	u32 wanted = 0;

	if (node && of_property_read_u32(node, "assigned-clock-rates", &wanted) == 0)
		fabric->hertz = wanted;
	if (hertz)
		fabric->hertz = hertz;
	of_node_put(node);
}

static int write_complete(struct fpga_manager *manager, struct fpga_image_info *info)
{
	take_rate(manager->priv);
	return 0;
}

static const struct fpga_manager_ops manager_ops = {
	.state = state,
	.write_init = write_init,
	.write = write_data,
	.write_complete = write_complete,
};

static ssize_t configure_store(struct device *dev, struct device_attribute *attribute, const char *text, size_t bytes)
{
	struct fabric *fabric = dev_get_drvdata(dev);
	struct fpga_image_info *info = fpga_image_info_alloc(dev);
	int failed;

	if (!info)
		return -ENOMEM;
	info->firmware_name = devm_kasprintf(dev, GFP_KERNEL, "%.*s", (int)strcspn(text, "\n"), text);
	failed = info->firmware_name ? fpga_mgr_lock(fabric->manager) : -ENOMEM;
	if (!failed) {
		failed = fpga_mgr_load(fabric->manager, info);
		fpga_mgr_unlock(fabric->manager);
	}
	fpga_image_info_free(info);
	return failed ? failed : bytes;
}
static DEVICE_ATTR_WO(configure);

#ifdef CONFIG_OF_OVERLAY
static ssize_t overlay_store(struct device *dev, struct device_attribute *attribute, const char *text, size_t bytes)
{
	struct fabric *fabric = dev_get_drvdata(dev);
	const struct firmware *file;
	char name[128];
	int failed;

	if (fabric->overlay)
		of_overlay_remove(&fabric->overlay);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "\n"), text);
	if (!*name)
		return bytes;
	failed = request_firmware(&file, name, dev);
	if (failed)
		return failed;
	failed = of_overlay_fdt_apply(file->data, file->size, &fabric->overlay);
	release_firmware(file);
	if (failed && fabric->overlay)
		of_overlay_remove(&fabric->overlay);
	if (!failed)
		take_rate(fabric);
	return failed ? failed : bytes;
}
static DEVICE_ATTR_WO(overlay);
#endif

static int fabric_probe(struct platform_device *device)
{
	struct device *dev = &device->dev;
	struct fabric *fabric = devm_kzalloc(dev, sizeof(*fabric), GFP_KERNEL);
	const struct clk_init_data clock = { .name = "pl0_ref", .ops = &clock_ops, .flags = CLK_GET_RATE_NOCACHE };
	int failed;

	if (!fabric)
		return -ENOMEM;
	fabric->hertz = boot_hertz;
	fabric->clock.init = &clock;
	dev_set_drvdata(dev, fabric);
	failed = devm_clk_hw_register(dev, &fabric->clock);
	if (failed)
		return failed;
	fabric->manager = devm_fpga_mgr_register(dev, "stand-in for the PL", &manager_ops, fabric);
	if (IS_ERR(fabric->manager))
		return PTR_ERR(fabric->manager);
#ifdef CONFIG_OF_OVERLAY
	failed = device_create_file(dev, &dev_attr_overlay);
	if (failed)
		return failed;
#endif
	return device_create_file(dev, &dev_attr_configure);
}

static const struct of_device_id fabric_ids[] = { { .compatible = "bfq,fabric" }, {} };
MODULE_DEVICE_TABLE(of, fabric_ids);
static struct platform_driver fabric_driver = {
	.probe = fabric_probe,
	.driver = { .name = "bfq_fabric", .of_match_table = fabric_ids, .suppress_bind_attrs = true },
};
module_platform_driver(fabric_driver);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Stand-in for a Kria's FPGA manager and PL clock");
