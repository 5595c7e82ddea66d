// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
// Contiguous memory for a program and the fabric, as the module u-dma-buf shows it: /dev/NAME to map, and phys_addr, size and
// sync_mode in /sys/class/u-dma-buf/NAME. Takes device tree nodes "ikwzm,u-dma-buf" with device-name and size (64 bit).
#include <linux/cdev.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

struct memory {
	struct cdev file;
	struct device *owner, *shown;
	void *data;
	dma_addr_t address;
	u64 bytes;
	dev_t number;
	u32 sync_mode;
};

static struct class *memory_class;

static int memory_open(struct inode *inode, struct file *file)
{
	file->private_data = container_of(inode->i_cdev, struct memory, file);
	return 0;
}

static int memory_mmap(struct file *file, struct vm_area_struct *area)
{
	struct memory *memory = file->private_data;

	return dma_mmap_coherent(memory->owner, area, memory->data, memory->address, memory->bytes);
}

static const struct file_operations memory_file = {
	.owner = THIS_MODULE,
	.open = memory_open,
	.mmap = memory_mmap,
};

static ssize_t phys_addr_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct memory *memory = dev_get_drvdata(dev);

	return sysfs_emit(text, "%pad\n", &memory->address);
}
static DEVICE_ATTR_RO(phys_addr);

static ssize_t size_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%llu\n", ((struct memory *)dev_get_drvdata(dev))->bytes);
}
static DEVICE_ATTR_RO(size);

static ssize_t sync_mode_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", ((struct memory *)dev_get_drvdata(dev))->sync_mode);
}

static ssize_t sync_mode_store(struct device *dev, struct device_attribute *attribute, const char *text, size_t bytes)
{
	struct memory *memory = dev_get_drvdata(dev);

	return kstrtou32(text, 0, &memory->sync_mode) ?: (ssize_t)bytes;
}
static DEVICE_ATTR_RW(sync_mode);

static struct attribute *memory_attrs[] = {
	&dev_attr_phys_addr.attr,
	&dev_attr_size.attr,
	&dev_attr_sync_mode.attr,
	NULL,
};
ATTRIBUTE_GROUPS(memory);

static int memory_probe(struct platform_device *device)
{
	struct device *dev = &device->dev;
	struct memory *memory = devm_kzalloc(dev, sizeof(*memory), GFP_KERNEL);
	const char *name;
	int failed;

	if (!memory)
		return -ENOMEM;
	failed = of_property_read_u64(dev->of_node, "size", &memory->bytes) ?:
		 of_property_read_string(dev->of_node, "device-name", &name) ?:
		 dma_set_mask_and_coherent(dev, DMA_BIT_MASK(40));
	if (failed)
		return failed;
	memory->owner = dev;
	memory->data = dmam_alloc_coherent(dev, memory->bytes, &memory->address, GFP_KERNEL);
	if (!memory->data)
		return -ENOMEM;
	failed = alloc_chrdev_region(&memory->number, 0, 1, "u-dma-buf");
	if (failed)
		return failed;
	cdev_init(&memory->file, &memory_file);
	failed = cdev_add(&memory->file, memory->number, 1);
	if (failed)
		goto no_file;
	memory->shown = device_create_with_groups(memory_class, dev, memory->number, memory, memory_groups, "%s", name);
	if (IS_ERR(memory->shown)) {
		failed = PTR_ERR(memory->shown);
		goto not_shown;
	}
	platform_set_drvdata(device, memory);
	return 0;
not_shown:
	cdev_del(&memory->file);
no_file:
	unregister_chrdev_region(memory->number, 1);
	return failed;
}

static int memory_remove(struct platform_device *device)
{
	struct memory *memory = platform_get_drvdata(device);

	device_destroy(memory_class, memory->number);
	cdev_del(&memory->file);
	unregister_chrdev_region(memory->number, 1);
	return 0;
}

static const struct of_device_id memory_ids[] = { { .compatible = "ikwzm,u-dma-buf" }, {} };
MODULE_DEVICE_TABLE(of, memory_ids);
static struct platform_driver memory_driver = {
	.probe = memory_probe,
	.remove = memory_remove,
	.driver = { .name = "u-dma-buf", .of_match_table = memory_ids },
};

static int __init memory_init(void)
{
	int failed;

	memory_class = class_create(THIS_MODULE, "u-dma-buf");
	if (IS_ERR(memory_class))
		return PTR_ERR(memory_class);
	failed = platform_driver_register(&memory_driver);
	if (failed)
		class_destroy(memory_class);
	return failed;
}

static void __exit memory_exit(void)
{
	platform_driver_unregister(&memory_driver);
	class_destroy(memory_class);
}

module_init(memory_init);
module_exit(memory_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Look-alike of u-dma-buf for tests");
